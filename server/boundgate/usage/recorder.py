"""Collects records in memory and writes them in batches, so that recording never waits on the disk."""

from __future__ import annotations

import hashlib
from collections import deque

from boundgate.usage.model import AuditEvent, CallRecord
from boundgate.usage.ports import UsageStore

MAX_PENDING = 20_000


class Recorder:
    """Bounded: under a flood of refusals the oldest pending ones fall out and are counted in `dropped`."""

    def __init__(self, store: UsageStore) -> None:
        self._store = store
        self._calls: deque[CallRecord] = deque()
        self._events: deque[AuditEvent] = deque()
        self.dropped = 0

    def call(self, record: CallRecord) -> None:
        """Note one call to `/v1`."""
        self._calls.append(record)
        self._shed()

    def event(self, event: AuditEvent) -> None:
        """Note one security-relevant event."""
        self._events.append(event)
        self._shed()

    async def flush(self) -> None:
        """Write what is pending, in one transaction. A failed write keeps it for the next one."""
        calls, events = self._calls, self._events
        if not calls and not events:
            return
        # Taken out first: what falls out during the write must be of what came in since, not of what is being written.
        self._calls, self._events = deque(), deque()
        try:
            await self._store.write(list(calls), list(events))
        except BaseException:
            calls.extend(self._calls)
            events.extend(self._events)
            self._calls, self._events = calls, events
            self._shed()
            raise

    def _shed(self) -> None:
        while len(self._calls) + len(self._events) > MAX_PENDING:
            (self._events or self._calls).popleft()
            self.dropped += 1


def session_hash(session_id: str) -> str:
    """What stands for a session in records: 64 bits of SHA-256, hex."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:16]
