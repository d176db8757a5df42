"""What a request's two sessions, the application's and the browser's, are worth together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from boundgate.dbsc import BoundValue
from boundgate.protect.store import Record


class Standing(StrEnum):
    """How far the application session that a request names is proved to be its browser's."""

    PROTECTED = "protected"
    """It is bound, and this request carries a bound cookie of this very session that is still good."""
    UNREGISTERED = "unregistered"
    """Never bound: an offer is on its way, or the browser has no DBSC."""
    LAPSED = "lapsed"
    """Bound, and its bound cookie is too old, superseded, or of another network: a proof is due."""
    MISSING = "missing"
    """Bound, and no bound cookie of this session came: a proof is due."""
    REVOKED = "revoked"
    """Over."""
    SIGNED_OUT = "signed_out"
    """The request names no session of the application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome for one request."""

    standing: Standing
    app_hash: bytes | None = None
    record: Record | None = None
    value: BoundValue | None = None
    """The presented value, where it is this session's."""
    is_new: bool = False
    """Whether the session has just been signed in to: no bound cookie can be expected yet."""

    def proof_age_seconds(self, now: float) -> float | None:
        """Age of the proof behind a protected request; None for any other."""
        if self.value is None or self.standing is not Standing.PROTECTED:
            return None
        return max(0.0, now - self.value.minted_at)
