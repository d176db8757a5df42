"""`Store` in one process, for tests and first steps: a restart forgets every binding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from boundgate.protect.store import BoundKey, ProofNote, Record, Registration


class MemoryStore:
    """Records in a dictionary. Atomic because no method waits for anything."""

    def __init__(self) -> None:
        self._records: dict[bytes, Record] = {}
        self._hashes: dict[str, bytes] = {}

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do; the records stay for as long as the object does."""

    async def find(self, app_hash: bytes) -> Record | None:
        return self._records.get(app_hash)

    async def find_by_id(self, session_id: str) -> Record | None:
        found = self._hashes.get(session_id)
        return None if found is None else self._records[found]

    async def register(self, app_hash: bytes, *, user: str | None, key: BoundKey) -> Registration:
        found = self._records.get(app_hash)
        if found is None:
            self._records[app_hash] = Record(app_hash=app_hash, user=user, key=key)
            self._hashes[key.id] = app_hash
            return Registration.BOUND
        return outcome(found, key)

    async def record_proofs(self, proofs: Sequence[ProofNote]) -> None:
        for proof in proofs:
            record = await self.find_by_id(proof.id)
            if record is not None and record.key is not None and record.ended_at is None:
                key = replace(
                    record.key,
                    last_proof_at=max(record.key.last_proof_at, proof.proved_at),
                    last_mint=max(record.key.last_mint, proof.mint),
                )
                self._records[record.app_hash] = replace(record, key=key)

    async def end(self, app_hash: bytes, *, now: float) -> bool:
        record = self._records.get(app_hash, Record(app_hash=app_hash, user=None, key=None))
        if record.ended_at is not None:
            return False
        self._records[app_hash] = replace(record, ended_at=now)
        return True

    async def end_user(self, user: str, *, now: float) -> list[bytes]:
        living = [record for record in self._records.values() if record.user == user and record.ended_at is None]
        return [record.app_hash for record in living if await self.end(record.app_hash, now=now)]

    async def prune(self, *, ended_before: float, proved_before: float) -> int:
        def is_over(record: Record) -> bool:
            if record.ended_at is not None:
                return record.ended_at < ended_before
            return record.key is not None and record.key.last_proof_at < proved_before

        over = [record for record in self._records.values() if is_over(record)]
        for record in over:
            del self._records[record.app_hash]
            if record.key is not None:
                del self._hashes[record.key.id]
        return len(over)


def outcome(record: Record, key: BoundKey) -> Registration:
    """What an attempt to bind `key` comes to where there is a record already."""
    if record.ended_at is not None or record.key is None:
        return Registration.ENDED
    return Registration.SAME_KEY if record.key.thumbprint == key.thumbprint else Registration.OTHER_KEY
