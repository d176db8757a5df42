"""How long things last. Seconds throughout; made from the settings by the composition root."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRules:
    login_seconds: float
    login_idle_seconds: float
    registration_seconds: float
    bound_cookie_seconds: int
    challenge_seconds: float
    superseded_grace_seconds: float
    signature_window_seconds: float
    signature_limit: int
    cache_seconds: float
