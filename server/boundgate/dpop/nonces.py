"""Server nonces that cost nothing to issue (RFC 9449 §8, §9): MACs over time, the memory's epoch and the key.

Nothing is stored, so nobody can fill a table. A nonce fits one key only, lives a minute, and dies with the memory of
used proofs: after a restart that has forgotten them no proof of before counts, because its nonce is of another epoch.
"""

from __future__ import annotations

from boundgate.clock import Clock
from boundgate.dbsc import Macs, UsedChallenges
from boundgate.jose import base64url

NONCE_SECONDS = 60.0
CLOCK_SKEW_SECONDS = 5.0
"""How far the clocks of two workers may be apart."""
_PURPOSE = b"dpop nonce"
_TIME, _KID, _TAG = 6, 8, 18
_TEXT_LENGTH = (_TIME + _KID + _TAG) * 4 // 3 + 1


class DpopNonces:
    """Issues and checks nonces.

    Args:
        macs: the keys.
        used: the memory of used proofs; its epoch is part of every nonce.
        clock: injected.
    """

    def __init__(self, *, macs: Macs, used: UsedChallenges, clock: Clock) -> None:
        self._macs, self._used, self._clock = macs, used, clock

    def issue(self, jkt: str) -> str:
        """A nonce for the key of this thumbprint: 43 URL-safe characters."""
        time = round(self._clock() * 1000).to_bytes(_TIME)
        kid, tag = self._macs.sign(_PURPOSE, _message(self._used.epoch, jkt, time))
        return base64url.encode(time + kid.encode() + tag[:_TAG])

    def issued_at(self, nonce: str, *, jkt: str) -> float | None:
        """When we issued this nonce to this key, in Unix seconds; None unless it was within the last minute, in this
        epoch."""
        if len(nonce) != _TEXT_LENGTH or (octets := base64url.decode(nonce)) is None:
            return None
        time, kid, tag = octets[:_TIME], octets[_TIME:-_TAG].decode("latin-1"), octets[-_TAG:]
        at = int.from_bytes(time) / 1000
        if not -CLOCK_SKEW_SECONDS <= self._clock() - at <= NONCE_SECONDS:
            return None
        known = self._macs.verify(_PURPOSE, kid, _message(self._used.epoch, jkt, time), tag)
        return at if known else None


def _message(epoch: bytes, jkt: str, time: bytes) -> bytes:
    # A time has always six octets and the epoch's length is told, so no two triples run into the same message.
    return b"%b%b%b%b" % (time, len(epoch).to_bytes(4), epoch, jkt.encode())
