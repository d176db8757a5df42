"""What a grant gets, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from boundgate.oauth.model import Client, Family
from boundgate.oauth.scopes import scope_text


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """A token request whose client has been identified and whose DPoP proof has been verified."""

    client: Client
    parameters: Mapping[str, str] = field(repr=False)
    jkt: str
    """Thumbprint of the key that the request's proof was made with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAnswer:
    """RFC 6749 §5.1, RFC 9449 §5."""

    family: Family
    access_token: str = field(repr=False)
    expires_in: int
    scope: frozenset[str]
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)

    def members(self) -> dict[str, Any]:
        """The members of the answer's JSON object."""
        members: dict[str, Any] = {
            "access_token": self.access_token,
            # RFC 9449 §5: not Bearer; a client that does not know what DPoP is cannot use it by mistake.
            "token_type": "DPoP",
            "expires_in": self.expires_in,
            "scope": scope_text(self.scope),
        }
        if self.refresh_token is not None:
            members["refresh_token"] = self.refresh_token
        if self.id_token is not None:
            members["id_token"] = self.id_token
        return members


class GrantHandler(Protocol):
    """One grant type."""

    async def answer(self, request: TokenRequest) -> TokenAnswer:
        """Raises OAuthError."""
