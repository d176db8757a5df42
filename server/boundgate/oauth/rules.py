"""How long things last. Seconds throughout; made from the settings by the composition root."""

from __future__ import annotations

import math
from dataclasses import dataclass

from boundgate.oauth.model import Family


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
    waiting_max: int = 20_000
    """How many requests wait at once, pushed or being decided; none has more than some kilobytes."""
    code_seconds: float = 60
    access_seconds: float = 300
    refresh_seconds: float = 14 * 86_400
    family_seconds: float = 30 * 86_400
    """How long one decision of a user lasts, however often its tokens are renewed."""
    again_seconds: float = 30
    """How long a used refresh token is taken for one whose answer was lost."""
    assertion_seconds: float = 300
    """Longest life of a client assertion."""
    skew_seconds: float = 60
    """How far a client's clock may be off."""

    def family_end(self, family: Family) -> float:
        """When a family is over, used or not (RFC 9700 §4.14.2): no chain of renewals leads past it.

        Never for a service: it has no chain, but proves its registered key for every token.
        """
        return math.inf if family.user_id is None else family.created_at + self.family_seconds
