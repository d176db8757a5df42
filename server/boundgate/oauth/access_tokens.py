"""Access tokens: JWTs that only the holder of one key can use (RFC 9068, RFC 9449 §6.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boundgate.clock import Clock, RandomBytes, new_token
from boundgate.jose.errors import JoseError
from boundgate.jose.jwt import verify_jwt
from boundgate.oauth.errors import InvalidToken
from boundgate.oauth.keys import ACCESS_TOKEN_TYPE, TokenKeys
from boundgate.oauth.model import Family
from boundgate.oauth.rules import OAuthRules
from boundgate.oauth.scopes import scope_text

_NOT_OURS = "The access token is not one of this server's, or has expired. Get a new one."
_FUTURE_SECONDS = 5.0
"""Our own clocks, of several nodes; a token's `iat` is never a client's."""
_TEXTS = ("fam", "client_id", "sub", "jti", "scope")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessClaims:
    """What a verified access token says. It points at a family; who may do what stands in the family's record."""

    family_id: str
    client_id: str
    subject: str
    jkt: str
    scope: frozenset[str]
    issued_at: float
    expires_at: float
    jti: str


class AccessTokens:
    """Issues access tokens and reads them again."""

    def __init__(self, *, keys: TokenKeys, rules: OAuthRules, clock: Clock, random: RandomBytes) -> None:
        self._keys, self._rules, self._clock, self._random = keys, rules, clock, random

    def issue(self, family: Family, *, scope: frozenset[str]) -> str:
        """A token of that family, good for `life_seconds`."""
        now = int(self._clock())
        claims: dict[str, Any] = {
            # RFC 9068 §2.2
            "iss": self._rules.issuer,
            "sub": family.user_id if family.user_id is not None else family.client_id,
            "aud": self._rules.resource,
            "exp": now + self.life_seconds(family),
            "iat": now,
            "jti": new_token(self._random, size_bytes=16),
            "client_id": family.client_id,
            "scope": scope_text(scope),
            # RFC 9449 §6.1
            "cnf": {"jkt": family.jkt},
            "fam": family.id,
        }
        # RFC 9068 §2.2.1: what is known of the user's authentication; nobody authenticated for `client_credentials`.
        if family.auth_time is not None:
            claims["auth_time"] = int(family.auth_time)
        if family.acr is not None:
            claims["acr"] = family.acr
        if family.amr:
            claims["amr"] = list(family.amr)
        return self._keys.sign(claims, kind=ACCESS_TOKEN_TYPE)

    def life_seconds(self, family: Family) -> int:
        """How long a token that is issued now is good: `access_seconds`, and never past the family's own end."""
        return int(min(self._rules.access_seconds, self._rules.family_end(family) - int(self._clock())))

    def read(self, token: str) -> AccessClaims:
        """The claims of a token of ours that is good now. Costs one signature verification.

        Raises:
            InvalidToken
        """
        try:
            claims = verify_jwt(token=token, expected_type=ACCESS_TOKEN_TYPE, key_of=self._keys.key_of)
        except JoseError:
            raise InvalidToken(_NOT_OURS) from None
        return read_access_claims(
            claims, expected_issuer=self._rules.issuer, expected_audience=self._rules.resource, now=self._clock()
        )


def read_access_claims(
    claims: Mapping[str, Any], *, expected_issuer: str, expected_audience: str, now: float
) -> AccessClaims:
    """Check the claims of a token whose signature holds (RFC 9068 §4).

    Raises:
        InvalidToken
    """
    cnf, issued_at, expires_at = claims.get("cnf"), claims.get("iat"), claims.get("exp")
    texts: list[Any] = [claims.get(name) for name in _TEXTS]
    texts.append(cnf.get("jkt") if isinstance(cnf, dict) else None)
    if claims.get("iss") != expected_issuer or claims.get("aud") != expected_audience:
        raise InvalidToken(_NOT_OURS)
    if not isinstance(issued_at, int) or not isinstance(expires_at, int) or set(map(type, texts)) != {str}:
        raise InvalidToken(_NOT_OURS)
    # RFC 7519 §4.1.4: on or after `exp` it must not be accepted.
    if not issued_at - _FUTURE_SECONDS <= now < expires_at:
        raise InvalidToken(_NOT_OURS)
    family_id, client_id, subject, jti, scope, jkt = texts
    return AccessClaims(
        family_id=family_id,
        client_id=client_id,
        subject=subject,
        jkt=jkt,
        scope=frozenset(scope.split()),
        issued_at=issued_at,
        expires_at=expires_at,
        jti=jti,
    )
