"""Authorization codes: random, kept as hashes, good for a minute and for one use (RFC 6749 §4.1.2)."""

from __future__ import annotations

import hashlib
import re
from hmac import compare_digest

from boundgate.clock import Clock, RandomBytes, new_token
from boundgate.jose import base64url
from boundgate.oauth.errors import AccessDenied, InvalidGrant
from boundgate.oauth.hashes import hash_value
from boundgate.oauth.model import AuthorizationRequest, Code
from boundgate.oauth.ports import GrantStore
from boundgate.oauth.rules import OAuthRules

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Codes:
    """Issues codes."""

    def __init__(self, *, grants: GrantStore, rules: OAuthRules, clock: Clock, random: RandomBytes) -> None:
        self._grants, self._rules, self._clock, self._random = grants, rules, clock, random

    async def issue(
        self,
        request: AuthorizationRequest,
        *,
        user_id: str,
        scope: frozenset[str],
        auth_time: float,
        amr: tuple[str, ...],
    ) -> str:
        """A code for what a user has allowed.

        Raises:
            AccessDenied: the account was recovered, or the client removed, in between.
        """
        text = new_token(self._random)
        code = Code(
            code_hash=hash_value(text),
            family_id=new_token(self._random, size_bytes=16),
            client_id=request.client.id,
            user_id=user_id,
            redirect_uri=request.redirect_uri,
            scope=scope,
            code_challenge=request.code_challenge,
            nonce=request.nonce,
            jkt=request.jkt,
            auth_time=auth_time,
            amr=amr,
            expires_at=self._clock() + self._rules.code_seconds,
        )
        if not await self._grants.put_code(code):
            raise AccessDenied("The account or the program has changed in between. Start again.")
        return text


def verify_code_verifier(*, verifier: str, expected_challenge: str) -> None:
    """RFC 7636 §4.6, for S256.

    Raises:
        InvalidGrant: not a verifier (§4.1), or not the one of the challenge.
    """
    digest = base64url.encode(hashlib.sha256(verifier.encode("utf-8", "replace")).digest())
    if not _VERIFIER.fullmatch(verifier) or not compare_digest(digest, expected_challenge):
        raise InvalidGrant("code_verifier does not belong to this code (RFC 7636 §4.6).", param="code_verifier")
