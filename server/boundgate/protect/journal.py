"""Proofs written down in batches, behind the answers. What a crash loses costs a browser one extra round trip."""

from __future__ import annotations

import asyncio
import contextlib

from boundgate.errors import StorageUnavailable
from boundgate.protect.store import ProofNote, Store


class Journal:
    """Collects the newest proof of each session.

    Args:
        write_seconds: how long proofs are collected before they are written.
    """

    def __init__(self, store: Store, *, write_seconds: float) -> None:
        self._store, self._write_seconds = store, write_seconds
        self._pending: dict[str, ProofNote] = {}
        self._writer: asyncio.Task[None] | None = None

    def proved(self, note: ProofNote) -> None:
        """Note a proof; it is written within some seconds."""
        known = self._pending.get(note.id)
        if known is None or known.mint < note.mint:
            self._pending[note.id] = note
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_later())

    def newest(self, session_id: str) -> ProofNote | None:
        """A proof that is not written yet."""
        return self._pending.get(session_id)

    async def flush(self) -> None:
        """Write what has come in. A failed write keeps it for the next one."""
        pending, self._pending = self._pending, {}
        try:
            await self._store.record_proofs(list(pending.values()))
        except BaseException:
            self._pending = pending | self._pending
            raise

    async def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
            self._writer = None
        await self.flush()

    async def _write_later(self) -> None:
        while self._pending:
            await asyncio.sleep(self._write_seconds)
            # The store has said in its log what is wrong with it; the next turn tries again.
            with contextlib.suppress(StorageUnavailable):
                await self.flush()
