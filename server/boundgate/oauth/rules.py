"""How long things last. Seconds throughout; made from the settings by the composition root."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthRules:
    """Who issues, for what, and the lives of all that is issued.

    Args:
        issuer: the server's origin (RFC 8414 §2), which is also `iss` everywhere.
        resource: what access tokens are for (RFC 8707); their only audience.
    """

    issuer: str
    resource: str
    pushed_seconds: float = 60
    code_seconds: float = 60
    access_seconds: float = 300
    refresh_seconds: float = 14 * 86_400
    again_seconds: float = 30
    """How long a used refresh token is taken for one whose answer was lost."""
    assertion_seconds: float = 300
    """Longest life of a client assertion."""
    skew_seconds: float = 60
    """How far a client's clock may be off."""
