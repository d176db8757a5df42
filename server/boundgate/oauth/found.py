"""Whose a presented token is, whichever kind it is: for revocation and introspection."""

from __future__ import annotations

from dataclasses import dataclass

from boundgate.clock import Clock
from boundgate.oauth.access_tokens import AccessClaims, AccessTokens
from boundgate.oauth.errors import InvalidToken
from boundgate.oauth.hashes import hash_value
from boundgate.oauth.model import Family
from boundgate.oauth.ports import GrantStore
from boundgate.oauth.rules import OAuthRules
from boundgate.oauth.subjects import Subjects

ACCESS, REFRESH = "access_token", "refresh_token"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundToken:
    """A token that is good now."""

    kind: str
    family: Family
    scope: frozenset[str]
    issued_at: float
    expires_at: float
    claims: AccessClaims | None = None


class TokenFinder:
    """Finds good tokens. The kind is seen from the token itself; a caller's hint is not needed (RFC 7009 §2.1)."""

    def __init__(
        self,
        *,
        grants: GrantStore,
        subjects: Subjects,
        access_tokens: AccessTokens,
        rules: OAuthRules,
        clock: Clock,
    ) -> None:
        self._grants, self._subjects, self._access_tokens = grants, subjects, access_tokens
        self._rules, self._clock = rules, clock

    async def find(self, token: str) -> FoundToken | None:
        """The token, or None where it is not, or no longer, good."""
        if "." in token:
            return await self._access(token)
        return await self._refresh(token)

    async def _access(self, token: str) -> FoundToken | None:
        try:
            claims = self._access_tokens.read(token)
            subject = await self._subjects.of(claims)
        except InvalidToken:
            return None
        return FoundToken(
            kind=ACCESS,
            family=subject.family,
            scope=subject.scope,
            issued_at=claims.issued_at,
            expires_at=claims.expires_at,
            claims=claims,
        )

    async def _refresh(self, token: str) -> FoundToken | None:
        view = await self._grants.refresh_token(hash_value(token))
        now = self._clock()
        if view is None or view.family.ended_at is not None:
            return None
        expires_at = min(view.token.expires_at, self._rules.family_end(view.family))
        if expires_at <= now:
            return None
        used_at = view.token.used_at
        # One whose answer may have been lost is still what its client has.
        if used_at is not None and now - used_at > self._rules.again_seconds:
            return None
        return FoundToken(
            kind=REFRESH,
            family=view.family,
            scope=view.family.scope,
            issued_at=view.token.issued_at,
            expires_at=expires_at,
        )
