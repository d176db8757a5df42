"""Collects records in memory and writes them in batches, so that recording never waits on the disk."""

from __future__ import annotations

import hashlib
from collections import deque
from functools import lru_cache

from boundgate.usage.model import ALLOW, AuditEvent, CallRecord
from boundgate.usage.ports import UsageStore

MAX_PENDING = 20_000


class Recorder:
    """Bounded: under a flood of refusals the oldest pending ones fall out and are counted in `dropped`.

    Admitted calls never fall out; there are only as many of them as somebody pays for.
    """

    def __init__(self, store: UsageStore) -> None:
        self._store = store
        self._admitted: deque[CallRecord] = deque()
        self._refused: deque[CallRecord] = deque()
        self._events: deque[AuditEvent] = deque()
        self.dropped = 0

    def call(self, record: CallRecord) -> None:
        """Note one call to `/v1`."""
        (self._admitted if record.decision == ALLOW else self._refused).append(record)
        self._shed()

    def event(self, event: AuditEvent) -> None:
        """Note one security-relevant event."""
        self._events.append(event)
        self._shed()

    async def flush(self) -> None:
        """Write what is pending, in one transaction. A failed write keeps it for the next one."""
        pending = (self._admitted, self._refused, self._events)
        if not any(pending):
            return
        # Taken out first: what falls out during the write must be of what came in since, not of what is being written.
        self._admitted, self._refused, self._events = deque(), deque(), deque()
        admitted, refused, events = pending
        try:
            await self._store.write([*admitted, *refused], list(events))
        except BaseException:
            admitted.extend(self._admitted)
            refused.extend(self._refused)
            events.extend(self._events)
            self._admitted, self._refused, self._events = pending
            self._shed()
            raise

    def _shed(self) -> None:
        while len(self._refused) + len(self._events) > MAX_PENDING:
            (self._events or self._refused).popleft()
            self.dropped += 1


@lru_cache(maxsize=4096)
def session_hash(session_id: str) -> str:
    """What stands for a session in records: 64 bits of SHA-256, hex."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:16]
