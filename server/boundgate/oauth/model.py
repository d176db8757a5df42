"""Clients, requests, codes and families of tokens. All frozen; all times Unix seconds.

A *family* is everything that one decision of a user has led to: the code, the refresh tokens that followed each other,
the access tokens. It has one key from its first token to its end, and it is what can be ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from boundgate.terms import Provenance


class ClientKind(StrEnum):
    """RFC 6749 §2.1. `CONFIDENTIAL`: it authenticates by `private_key_jwt` (RFC 7523), the only method there is."""

    PUBLIC = "public"
    CONFIDENTIAL = "confidential"


class Scope(StrEnum):
    """What a token may be used for."""

    OPENID = "openid"
    MODELS = "models"
    """`GET /v1/models`."""
    CHAT = "chat"
    """`POST /v1/chat/completions`."""
    OFFLINE_ACCESS = "offline_access"
    """A refresh token (OpenID Connect Core §11)."""


class Grant(StrEnum):
    """What a client may be registered for, by the names of RFC 7591 §2."""

    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the grant's name
    CLIENT_CREDENTIALS = "client_credentials"


class FamilyEnd(StrEnum):
    """Why a family of tokens is over, as stored and as shown to its owner."""

    REVOKED = "revoked"
    """By the client (RFC 7009)."""
    ENDED_BY_OWNER = "ended_by_owner"
    REFRESH_REUSED = "refresh_reused"
    CODE_REUSED = "code_reused"
    CLIENT_REMOVED = "client_removed"
    CLIENT_UNPUBLISHED = "client_unpublished"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program that asks for tokens. It works for `owner_id` alone until an operator has published it."""

    id: str
    name: str
    kind: ClientKind
    owner_id: str | None
    """None: registered by an operator."""
    published: bool
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    jwks: tuple[str, ...]
    """Canonical JSON of the public keys of `private_key_jwt`; empty for public clients."""
    grants: frozenset[str]
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """Parameters that wait for one use: a request that was pushed (RFC 9126), or one that a user is deciding."""

    uri_hash: bytes
    client_id: str
    parameters: Mapping[str, str]
    jkt: str | None
    """Thumbprint of the key that was proved when the parameters were pushed, or that `dpop_jkt` names."""
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A request whose every parameter has been checked; only the user's decision is missing."""

    client: Client
    redirect_uri: str
    scope: frozenset[str]
    state: str | None
    code_challenge: str
    nonce: str | None
    jkt: str | None
    max_age: int | None = None
    acr_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorization code (RFC 6749 §4.1.2); the text itself is nowhere at rest."""

    code_hash: bytes = field(repr=False)
    family_id: str
    """Of the family that the code's first use begins."""
    client_id: str
    user_id: str
    redirect_uri: str
    scope: frozenset[str]
    code_challenge: str
    nonce: str | None
    jkt: str | None
    auth_time: float
    amr: tuple[str, ...]
    expires_at: float
    used_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The server's own record of who may use tokens, with which key. Claims of a token only point at it."""

    id: str
    client_id: str
    user_id: str | None
    """None for `client_credentials`: no person stands behind it, so nothing that needs a touch is ever allowed."""
    jkt: str
    """RFC 7638 thumbprint of the only key that may use the family's tokens."""
    provenance: Provenance
    attestation: str | None
    """Why the key is not attested; None where it is."""
    scope: frozenset[str]
    acr: str | None
    amr: tuple[str, ...]
    auth_time: float | None
    created_at: float
    last_proof_at: float
    ended_at: float | None = None
    end_reason: FamilyEnd | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """One link of a family's chain. At any time at most one link is neither used nor replaced."""

    token_hash: bytes = field(repr=False)
    family_id: str
    number: int
    issued_at: float
    expires_at: float
    used_at: float | None = None
    successor_hash: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RefreshView:
    """A refresh token with its family, read at one instant."""

    token: RefreshToken
    family: Family


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSubject:
    """Whose access token it is: the verified token's scope and end, and the server's record behind them."""

    family: Family
    client: Client
    user_id: str | None
    scope: frozenset[str]
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a user has allowed a client before. It is shown, and never replaces the touch."""

    user_id: str
    client_id: str
    scope: frozenset[str]
    given_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideLink:
    """An account at an outside OpenID provider that a user has linked by a touch; never found by an e-mail address."""

    issuer: str
    subject: str
    user_id: str
    linked_at: float


@dataclass(frozen=True, slots=True)
class FamilyProof:
    """One verified proof by a family's key, for the batch that makes it durable."""

    family_id: str
    proved_at: float
