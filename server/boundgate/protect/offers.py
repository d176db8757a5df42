"""Offers to bind a key, made without writing anything down.

All that the server must know when a registration comes stands in the offer's `authorization`, under a MAC. That an
offer is taken only once is the store's part: the first key wins. A registration that fails uses nothing up.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass

from boundgate import strict_json
from boundgate.clock import Clock, RandomBytes, new_token
from boundgate.dbsc import ChallengeStale, Macs, ProofRefused, RegistrationProof

SESSION_ID_BYTES = 18
MAX_AUTHORIZATION_CHARS = 1024
"""What a browser sends back as a claim, and verifiers take."""
_OFFER, _CHALLENGE, _NEW = b"protect-offer", b"protect-challenge", b"protect-new"
_KID_CHARS, _CHALLENGE_TAG_BYTES = 8, 16
_SKEW_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What an offer was made for."""

    id: str
    """The DBSC session identifier; random, and nothing else anywhere."""
    app_hash: bytes
    user: str | None
    thumbprint: str | None
    """The only key that will do (a provider's, in a federated registration); None for any."""
    made_at: float


@dataclass(frozen=True, slots=True)
class OfferTokens:
    """What the browser is to send back, signed by its key."""

    authorization: str
    challenge: str


class Offers:
    """Makes offers and knows them again.

    Args:
        macs, clock, random: injected.
        life_seconds: how long an offer can be taken.
        new_seconds: how long a session counts as new, see `new_session`.
    """

    def __init__(
        self, *, macs: Macs, clock: Clock, random: RandomBytes, life_seconds: float, new_seconds: float
    ) -> None:
        self._macs, self._clock, self._random = macs, clock, random
        self._life_seconds, self._new_seconds = life_seconds, new_seconds

    def make(self, app_hash: bytes, *, user: str | None = None, thumbprint: str | None = None) -> OfferTokens:
        """A new offer.

        Raises:
            ValueError: the user's name makes it longer than browsers and verifiers take.
        """
        session_id = new_token(self._random, size_bytes=SESSION_ID_BYTES)
        facts = [session_id, _text(app_hash), round(self._clock() * 1000), user, thumbprint]
        body = _text(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode())
        kid, tag = self._macs.sign(_OFFER, body.encode())
        authorization = f"{body}.{kid}.{_text(tag)}"
        if len(authorization) > MAX_AUTHORIZATION_CHARS:
            raise ValueError("user is too long: some 400 characters of ASCII fit into an offer")
        kid, tag = self._macs.sign(_CHALLENGE, authorization.encode())
        return OfferTokens(authorization, kid + _text(tag[:_CHALLENGE_TAG_BYTES]))

    def read(self, proof: RegistrationProof) -> Offer:
        """The offer that a verified registration proof answers.

        Raises:
            ProofRefused: it answers none of ours.
            ChallengeStale: the offer is over, or the challenge is another's.
        """
        if not proof.authorization:
            raise ProofRefused('The proof has no "authorization" of an offer.')
        offer = self._open(proof.authorization)
        if offer is None:
            raise ProofRefused("No offer has this authorization.")
        kid, tag = proof.challenge[:_KID_CHARS], _octets(proof.challenge[_KID_CHARS:])
        signed = proof.authorization.encode()
        if tag is None or len(tag) != _CHALLENGE_TAG_BYTES or not self._macs.verify(_CHALLENGE, kid, signed, tag):
            raise ChallengeStale("The challenge is not this offer's; sign in again.")
        if not -_SKEW_SECONDS <= self._clock() - offer.made_at <= self._life_seconds:
            raise ChallengeStale("The offer has expired; sign in again.")
        return offer

    def new_session(self, app_hash: bytes) -> str:
        """A cookie's value that shows for `new_seconds` that this session has just been offered a binding."""
        at = str(round(self._clock() * 1000))
        kid, tag = self._macs.sign(_NEW, app_hash + at.encode())
        return f"{at}.{kid}.{_text(tag)}"

    def is_new(self, value: str, app_hash: bytes) -> bool:
        """Whether this is such a value of this session, and still counts."""
        at, _, rest = value.partition(".")
        kid, _, tag_text = rest.partition(".")
        tag = _octets(tag_text)
        if tag is None or not (at.isascii() and at.isdigit() and len(at) <= 15 and value.isascii()):
            return False
        if not self._macs.verify(_NEW, kid, app_hash + at.encode(), tag):
            return False
        return -_SKEW_SECONDS <= self._clock() - int(at) / 1000 <= self._new_seconds

    def _open(self, authorization: str) -> Offer | None:
        body, _, rest = authorization.partition(".")
        kid, _, tag_text = rest.partition(".")
        tag, octets = _octets(tag_text), _octets(body)
        if tag is None or octets is None or not self._macs.verify(_OFFER, kid, body.encode(), tag):
            return None
        return _read(strict_json.loads(octets))


def _read(facts: Sequence[object]) -> Offer | None:
    # Ours by its MAC, but perhaps of a version that wrote something else.
    if len(facts) != 5:
        return None
    session_id, hash_text, made_at, user, thumbprint = facts
    app_hash = _octets(hash_text) if isinstance(hash_text, str) else None
    if app_hash is None or not isinstance(session_id, str) or not isinstance(made_at, int):
        return None
    if not isinstance(user, str | None) or not isinstance(thumbprint, str | None):
        return None
    return Offer(id=session_id, app_hash=app_hash, user=user, thumbprint=thumbprint, made_at=made_at / 1000)


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _octets(text: str) -> bytes | None:
    try:
        octets = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return octets if _text(octets) == text else None
