"""How long things live, checked against each other and against what Chromium does (DBSC §8.7, §8.8)."""

from __future__ import annotations

from dataclasses import dataclass

from boundgate.dbsc.errors import ConfigurationError
from boundgate.dbsc.judge import PROACTIVE_REFRESH_SECONDS
from boundgate.dbsc.problems import problem

LONGEST_COOKIE_SECONDS = 400 * 86_400
"""RFC 6265bis §5.5: no browser keeps a cookie longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """Seconds that a bound cookie, a challenge and an offer to register live.

    Raises:
        ConfigurationError: lives with which no browser, or no browser for long, could keep a session.
    """

    bound_cookie_seconds: int = 300
    challenge_seconds: float = 900
    registration_seconds: float = 30

    def __post_init__(self) -> None:
        found = []
        if self.bound_cookie_seconds <= PROACTIVE_REFRESH_SECONDS:
            found.append(problem("cookie_life_too_short", "bound_cookie_seconds", f"{self.bound_cookie_seconds} s"))
        if self.bound_cookie_seconds > LONGEST_COOKIE_SECONDS:
            found.append(problem("cookie_life_too_long", "bound_cookie_seconds"))
        if self.challenge_seconds <= self.bound_cookie_seconds:
            found.append(problem("challenge_life_too_short", "challenge_seconds"))
        if self.registration_seconds < 1:
            found.append(problem("registration_life_too_short", "registration_seconds"))
        if found:
            raise ConfigurationError(found)
