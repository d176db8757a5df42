"""Users, their passkeys and the one-time links that let a first passkey in. All times Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person. `handle` is the WebAuthn user handle: 32 random bytes, never an e-mail address (WebAuthn §14.6.1)."""

    id: str
    name: str
    handle: bytes
    operator: bool
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One discoverable credential of a user."""

    credential_id: bytes
    user_id: str
    public_key: bytes
    """COSE key."""
    sign_count: int
    name: str
    created_at: float
    last_used_at: float | None
    backup_eligible: bool
    backed_up: bool
    transports: tuple[str, ...]
    aaguid: str


class LinkPurpose(StrEnum):
    ENROL = "enrol"
    RECOVER = "recover"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentLink:
    """Right to register one first passkey. The token has 256 bits and is stored only as its SHA-256."""

    token_hash: bytes
    user_id: str
    purpose: LinkPurpose
    created_at: float
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a user must be told at the next sign-in, such as a recovery by an operator."""

    user_id: str
    at: float
    text: str
