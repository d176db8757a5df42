"""Records of sign-ins, the keys they are bound to, and the offers in between. All frozen; all times Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass

from boundgate.terms import EndReason, Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in. `id` is also the DBSC session identifier; knowing it changes nothing for its owner."""

    id: str
    user_id: str
    user_name: str
    login_hash: bytes
    """SHA-256 of the login cookie's value; the value itself is nowhere at rest."""
    created_at: float
    last_seen_at: float
    user_agent: str
    address: str
    offered_at: float
    """When a key was last asked for; registration must follow within `registration_seconds`."""
    ended_at: float | None = None
    ended_reason: EndReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A pending invitation to register one key. Kept apart from the binding, and consumed only by success."""

    session_id: str
    authorization_hash: bytes
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The key of a session. Written once: the first key wins."""

    session_id: str
    algorithm: str
    jwk: str
    """Canonical JSON of the public key (RFC 7638 members only)."""
    thumbprint: str
    """RFC 7638 SHA-256 thumbprint, base64url without padding."""
    provenance: Provenance
    bound_at: float
    last_proof_at: float
    last_mint: int
    """Number of the newest bound cookie value; grows with every mint."""
    contested_at: float | None = None
    """When somebody offered a second key for this session."""


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session with its binding, as one consistent read."""

    session: Session
    binding: Binding | None


@dataclass(frozen=True, slots=True)
class ProofRecord:
    """One verified refresh, for the batch that makes it durable."""

    session_id: str
    proved_at: float
    mint: int


@dataclass(frozen=True, slots=True)
class News:
    """Sessions whose records are not what they were. `ended`: what runs for them must be cut."""

    session_ids: tuple[str, ...]
    ended: bool
