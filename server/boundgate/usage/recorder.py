"""Collects records in memory and writes them in batches, so that recording never waits on the disk."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, replace
from functools import lru_cache

from boundgate.usage.model import ALLOW, AuditEvent, CallRecord, FoldKey
from boundgate.usage.ports import UsageStore

MAX_PENDING = 20_000


@dataclass(slots=True)
class _Repeats:
    """How often a pending event has come again, and when last."""

    event: AuditEvent
    more: int = 0
    last_at: float = 0.0

    def summed(self) -> AuditEvent:
        if not self.more:
            return self.event
        return replace(self.event, at=max(self.event.at, self.last_at), count=self.event.count + self.more)


class Recorder:
    """Bounded: under a flood of refusals the oldest pending ones fall out and are counted in `dropped`.

    Admitted calls never fall out; there are only as many of them as somebody pays for.
    """

    def __init__(self, store: UsageStore) -> None:
        self._store = store
        self._admitted: deque[CallRecord] = deque()
        self._refused: deque[CallRecord] = deque()
        self._events: deque[_Repeats] = deque()
        self._folded: dict[FoldKey, _Repeats] = {}
        self.dropped = 0

    def call(self, record: CallRecord) -> None:
        """Note one call to `/v1`."""
        (self._admitted if record.decision == ALLOW else self._refused).append(record)
        self._shed()

    def again(self, key: FoldKey | None, at: float) -> bool:
        """Count one more of a pending event, without a record of its own. False where none of that key is pending."""
        repeats = self._folded.get(key) if key is not None else None
        if repeats is None:
            return False
        repeats.more += 1
        repeats.last_at = at
        return True

    def event(self, event: AuditEvent, *, key: FoldKey | None = None) -> None:
        """Note one security-relevant event; those of the same `key` may come by `again` until it is written."""
        repeats = _Repeats(event)
        if key is not None:
            self._folded[key] = repeats
        self._events.append(repeats)
        self._shed()

    async def flush(self) -> None:
        """Write what is pending, in one transaction. A failed write keeps it for the next one."""
        pending = (self._admitted, self._refused, self._events)
        if not any(pending):
            return
        # Taken out first: what falls out during the write must be of what came in since, not of what is being written.
        self._admitted, self._refused, self._events = deque(), deque(), deque()
        self._folded = {}
        admitted, refused, events = pending
        try:
            await self._store.write([*admitted, *refused], [repeats.summed() for repeats in events])
        except BaseException:
            admitted.extend(self._admitted)
            refused.extend(self._refused)
            events.extend(self._events)
            self._admitted, self._refused, self._events = pending
            self._shed()
            raise

    def _shed(self) -> None:
        while len(self._refused) + len(self._events) > MAX_PENDING:
            if self._events:
                self.dropped += 1 + self._events.popleft().more
                # One that has fallen out is not counted on; whoever comes again is noted anew.
                self._folded = {}
            else:
                self._refused.popleft()
                self.dropped += 1


@lru_cache(maxsize=4096)
def session_hash(session_id: str) -> str:
    """What stands for a session in records: 64 bits of SHA-256, hex."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:16]
