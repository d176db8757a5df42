"""How long things last. Seconds throughout; made from the settings by the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from boundgate.dbsc import RenewalRules


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRules(RenewalRules):
    login_seconds: float
    login_idle_seconds: float
    superseded_grace_seconds: float
    signature_limit: int
    cache_seconds: float
