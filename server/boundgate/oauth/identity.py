"""OpenID Connect: who the user is, for the client (`id_token`) and on request (`userinfo`). OpenID Connect Core 1.0."""

from __future__ import annotations

import hashlib
from typing import Any

from boundgate.clock import Clock
from boundgate.jose import base64url
from boundgate.oauth.errors import InsufficientScope, InvalidToken
from boundgate.oauth.keys import TokenKeys
from boundgate.oauth.model import Family, Scope, TokenSubject
from boundgate.oauth.ports import People
from boundgate.oauth.rules import OAuthRules


class Identity:
    """Tells clients who has signed in. The name is only shown; `sub` is what identifies."""

    def __init__(self, *, keys: TokenKeys, people: People, rules: OAuthRules, clock: Clock) -> None:
        self._keys, self._people, self._rules, self._clock = keys, people, rules, clock

    def id_token(self, family: Family, *, nonce: str | None, access_token: str) -> str:
        """An ID token (§2, §3.1.3.6) for the client of a family that a user has begun."""
        now = int(self._clock())
        claims: dict[str, Any] = {
            "iss": self._rules.issuer,
            "sub": family.user_id,
            "aud": family.client_id,
            "exp": now + int(self._rules.access_seconds),
            "iat": now,
            "auth_time": int(family.auth_time or now),
            "acr": family.acr,
            "amr": list(family.amr),
            # §3.1.3.6: the left half of the hash of the access token's octets.
            "at_hash": base64url.encode(hashlib.sha256(access_token.encode()).digest()[:16]),
        }
        if nonce is not None:
            claims["nonce"] = nonce
        return self._keys.sign(claims, kind="JWT")

    async def userinfo(self, subject: TokenSubject) -> dict[str, Any]:
        """§5.3.2.

        Raises:
            InsufficientScope: the token is not for `openid`.
            InvalidToken: there is no such user any more.
        """
        if Scope.OPENID not in subject.scope or subject.user_id is None:
            raise InsufficientScope("The token is not for the scope openid.")
        name = await self._people.name_of(subject.user_id)
        if name is None:
            raise InvalidToken("There is no such user any more.")
        return {"sub": subject.user_id, "name": name, "preferred_username": name}
