"""What each WebAuthn challenge is made for. A challenge answers for one purpose in one context, and only once."""

from __future__ import annotations

import json

from boundgate.errors import AuthenticationError
from boundgate.passkeys.ports import Challenges

SIGN_IN = "passkey.sign-in"
SIGN_IN_AS = "passkey.sign-in-as"
"""By one user who is known beforehand; the context is that user's id."""
ENROL = "passkey.enrol"
ACT = "passkey.act"
ADD = "passkey.add"


def act_context(act: str, session_id: str, target: str) -> str:
    """One text per triple: no two different triples give the same, whatever their characters."""
    return json.dumps([act, session_id, target], separators=(",", ":"))


async def redeem(challenges: Challenges, challenge: str, *, purpose: str, context: str, max_age_seconds: float) -> None:
    """Use up a challenge whose signature has been verified: junk must not burn anything, so verify first.

    Raises:
        AuthenticationError: code `passkey_expired`: not ours, made for something else, too old, or used before.
    """
    if not await challenges.redeem(challenge, purpose=purpose, context=context, max_age_seconds=max_age_seconds):
        raise AuthenticationError(
            "The passkey's answer came too late, was used before, or belongs to another step. Start again.",
            code="passkey_expired",
        )
