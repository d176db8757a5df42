"""Challenges that cost nothing to issue: MACs over purpose, context, time and epoch (DBSC §8.2).

Asking for one stores and evicts nothing, so nobody can fill a table or push the owner's challenge out of one. What
is remembered is only what was *used*, in one atomic operation, by a state whose `epoch` changes when it forgets.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from boundgate.clock import Clock, RandomBytes
from boundgate.dbsc.ledger import UsedChallenges, ValidChallenge
from boundgate.jose import base64url

_TIME, _NONCE, _KID, _TAG = 6, 16, 8, 18
_LENGTH = _TIME + _NONCE + _KID + _TAG
_TEXT_LENGTH = _LENGTH * 4 // 3
_CLOCK_SKEW_SECONDS = 5.0


class Macs(Protocol):
    """Keyed hashing with rotation; the key never leaves it."""

    def sign(self, purpose: bytes, message: bytes) -> tuple[str, bytes]:
        """Returns the key's id (8 characters) and a 32-octet tag."""

    def verify(self, purpose: bytes, kid: str, message: bytes, tag: bytes) -> bool:
        """Constant-time check of a tag of 16 to 32 octets; False for an unknown or retired key."""


class Challenges:
    """Issues and redeems challenges.

    Args:
        macs: the keys.
        used: the memory of used ones; its epoch is part of every challenge.
        clock, random: injected.
    """

    def __init__(self, *, macs: Macs, used: UsedChallenges, clock: Clock, random: RandomBytes) -> None:
        self._macs, self._used, self._clock, self._random = macs, used, clock, random

    def issue(self, *, purpose: str, context: str) -> str:
        """A fresh challenge: 64 URL-safe characters, of them 128 bits random and 144 bits MAC.

        Args:
            purpose: what it may be used for, such as `dbsc.refresh`.
            context: whom or what it is for, such as the session identifier.
        """
        body = round(self._clock() * 1000).to_bytes(_TIME) + self._random(_NONCE)
        kid, tag = self._macs.sign(b"challenge", _message(self._used.epoch, purpose, context, body))
        return base64url.encode(body + kid.encode() + tag[:_TAG])

    def check(self, challenge: str, *, purpose: str, context: str, max_age_seconds: float) -> ValidChallenge | None:
        """Whether we issued it for this purpose and context, lately, in this epoch. Uses nothing up."""
        if len(challenge) != _TEXT_LENGTH or (octets := base64url.decode(challenge)) is None:
            return None
        kid = octets[_TIME + _NONCE : -_TAG].decode("latin-1")
        body, tag, epoch = octets[: _TIME + _NONCE], octets[-_TAG:], self._used.epoch
        if not self._macs.verify(b"challenge", kid, _message(epoch, purpose, context, body), tag):
            return None
        issued_at = int.from_bytes(body[:_TIME]) / 1000
        if not -_CLOCK_SKEW_SECONDS <= self._clock() - issued_at <= max_age_seconds:
            return None
        expires_at = issued_at + max_age_seconds
        return ValidChallenge(body, expires_at, expires_at + _CLOCK_SKEW_SECONDS, epoch)

    async def redeem(self, challenge: str, *, purpose: str, context: str, max_age_seconds: float) -> bool:
        """Check it and use it up: True exactly once."""
        valid = self.check(challenge, purpose=purpose, context=context, max_age_seconds=max_age_seconds)
        return valid is not None and await self._used.consume(valid, now=self._clock())


def _message(epoch: bytes, purpose: str, context: str, body: bytes) -> bytes:
    # The body, whose length never varies, comes last; what comes before it is told apart by its lengths.
    named = context.encode()
    return b"%b%b%b%b" % (_prefix(epoch, purpose), len(named).to_bytes(4), named, body)


@lru_cache(maxsize=256)
def _prefix(epoch: bytes, purpose: str) -> bytes:
    named = purpose.encode()
    return b"%b%b%b%b" % (len(epoch).to_bytes(4), epoch, len(named).to_bytes(4), named)
