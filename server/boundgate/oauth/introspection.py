"""Introspection (RFC 7662): what a token is worth now, for clients that have proved who they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boundgate.oauth.errors import UnauthorizedClient
from boundgate.oauth.found import FoundToken, TokenFinder
from boundgate.oauth.model import Client, ClientKind
from boundgate.oauth.parameters import required
from boundgate.oauth.rules import OAuthRules
from boundgate.oauth.scopes import scope_text

_INACTIVE: dict[str, Any] = {"active": False}


class Introspection:
    """Tells about tokens: a client about its own, one that an operator has published about everybody's."""

    def __init__(self, *, finder: TokenFinder, rules: OAuthRules) -> None:
        self._finder, self._rules = finder, rules

    async def introspect(self, client: Client, parameters: Mapping[str, str]) -> dict[str, Any]:
        """The answer's members (§2.2). `{"active": false}` says the same of everything that is not for the caller to
        know: unknown, expired, revoked, or somebody else's.

        Raises:
            InvalidRequest: no token.
            UnauthorizedClient: a public client, which anybody can claim to be (§2.1).
        """
        token = required(parameters, "token")
        if client.kind is not ClientKind.CONFIDENTIAL:
            raise UnauthorizedClient("Introspection is for clients that authenticate by private_key_jwt.")
        found = await self._finder.find(token)
        if found is None or (found.family.client_id != client.id and not client.published):
            return dict(_INACTIVE)
        return self._members(found)

    def _members(self, found: FoundToken) -> dict[str, Any]:
        family = found.family
        members: dict[str, Any] = {
            "active": True,
            "iss": self._rules.issuer,
            "sub": family.user_id if family.user_id is not None else family.client_id,
            "client_id": family.client_id,
            "scope": scope_text(found.scope),
            "iat": int(found.issued_at),
            "exp": int(found.expires_at),
            # RFC 9449 §6.2: whoever takes the token must check the proof against this.
            "cnf": {"jkt": family.jkt},
        }
        if found.claims is not None:
            members |= {"token_type": "DPoP", "aud": self._rules.resource, "jti": found.claims.jti}
        # RFC 9470 §6.2
        if family.auth_time is not None:
            members["auth_time"] = int(family.auth_time)
        if family.acr is not None:
            members["acr"] = family.acr
        return members
