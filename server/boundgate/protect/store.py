"""What must outlast the process: which application session is bound to which key, and which are over.

`None` means "no such record" and nothing else: unreadable state raises `StorageUnavailable`, so that doubt never reads
as "never bound". An application's session is known by a hash of its id alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundKey:
    """A browser's public key and the DBSC session that it carries."""

    id: str
    """The DBSC session identifier; never the application's own."""
    algorithm: str
    jwk: str
    """Canonical JSON of the RFC 7638 members."""
    thumbprint: str
    bound_at: float
    last_proof_at: float
    """Unix seconds; may lag behind by some seconds, as `last_mint`."""
    last_mint: int
    """The number of the newest cookie value."""
    client: str | None = None
    """What registered the key, where it was not the browser itself: the key is then in software."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of one application session."""

    app_hash: bytes
    user: str | None
    key: BoundKey | None
    """None where the session ended before it was bound."""
    ended_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofNote:
    """That a key was proved."""

    id: str
    proved_at: float
    mint: int


class Registration(StrEnum):
    """What became of an attempt to bind a key."""

    BOUND = "bound"
    SAME_KEY = "already_registered"
    """This very key was bound before. Nothing was changed."""
    OTHER_KEY = "second_key"
    """The session has another key. Nothing was changed: the first one counts."""
    ENDED = "session_ended"
    """The session is over. Nothing was changed."""


class Store(Protocol):
    """Durable records. Every method is one atomic step, and raises `StorageUnavailable` when the store fails."""

    async def open(self) -> None:
        """Get ready, making what is missing. Called before anything else, perhaps more than once."""

    async def close(self) -> None:
        """Give back what was opened."""

    async def find(self, app_hash: bytes) -> Record | None:
        """The record of an application session, ended or not."""

    async def find_by_id(self, session_id: str) -> Record | None:
        """The same by the DBSC session identifier."""

    async def register(self, app_hash: bytes, *, user: str | None, key: BoundKey) -> Registration:
        """Bind a key to an application session: of any number of callers exactly one gets `BOUND`.

        A session that has ended, also one that never was bound, stays ended.
        """

    async def record_proofs(self, proofs: Sequence[ProofNote]) -> None:
        """Advance `last_proof_at` and `last_mint`; never back, never of an ended session, never making a record."""

    async def end(self, app_hash: bytes, *, now: float) -> bool:
        """End an application session, known or not, so that no key can be bound to it any more.

        Durable before it returns. True where this call did it, False where it was over already.
        """

    async def end_user(self, user: str, *, now: float) -> list[bytes]:
        """End every bound session of a user. Durable before it returns. Returns the hashes of those that it ended."""

    async def prune(self, *, ended_before: float, proved_before: float) -> int:
        """Forget what ended, and what was last proved, before those times. Returns how many records."""


def app_hash(session_id: str) -> bytes:
    """What stands for an application's session id here: SHA-256, with a label of its own."""
    return hashlib.sha256(b"boundgate app session\0" + session_id.encode("utf-8", "surrogatepass")).digest()


def shown(app_hash: bytes) -> str:
    """What stands for an application's session in events."""
    return app_hash.hex()[:16]
