"""Providers, and what a browser carries while somebody is away at one. All frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

LIFE_SECONDS = 600
"""Time to identify oneself elsewhere, and again to touch the passkey afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An OpenID provider that an operator trusts to tell people apart."""

    id: str
    """Its place in this server's redirect URI: one for each issuer (RFC 9700 §4.4.2)."""
    name: str
    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    """None for a public client."""
    scopes: tuple[str, ...]
    redirect_uri: str


class Purpose(StrEnum):
    """What somebody is identified for."""

    SIGN_IN = "sign_in"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A request that is out at a provider. The browser that began it carries it, and nobody else can."""

    purpose: Purpose
    provider_id: str
    issuer: str
    session_id: str
    """Of the session that an account is to be linked in; empty for a sign-in."""
    target: str
    """Where the sign-in leads to; empty for the usual place."""
    verifier: str = field(repr=False)
    """Of PKCE (RFC 7636 §4.1)."""
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """Whom a provider has named. Worth nothing without the passkey that must follow."""

    purpose: Purpose
    provider_id: str
    issuer: str
    subject: str
    session_id: str
    target: str
    user_id: str
    """Whose passkey must answer a sign-in; empty where an account is to be linked."""

    @property
    def account_id(self) -> str:
        return account_id(self.issuer, self.subject)


def account_id(issuer: str, subject: str) -> str:
    """One text for an account elsewhere. An issuer is a URL and has no space, so no two accounts share one."""
    return f"{issuer} {subject}"
