"""Records kept for about a second, so that a page with its fifty requests costs one read.

An end that this process carries out is seen at once; one that another process carries out, within `seconds`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeVar

from boundgate.clock import Clock
from boundgate.protect.store import Record, Store

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

MAX_ENTRIES = 50_000


class RecordCache:
    """Read-through cache over a `Store`.

    Args:
        seconds: how long an answer may be given from memory; 0 for never.
    """

    def __init__(self, store: Store, *, clock: Clock, seconds: float) -> None:
        self._store, self._clock, self._seconds = store, clock, seconds
        self._records: OrderedDict[bytes, tuple[float, Record | None]] = OrderedDict()
        self._hashes: OrderedDict[str, bytes] = OrderedDict()
        self._generation = 0

    async def find(self, app_hash: bytes, *, absence_will_do: bool) -> Record | None:
        """The record of an application session, at most `seconds` old.

        Args:
            absence_will_do: that there was none a moment ago is answer enough. Not so where a bound cookie came with
                the request: another process has just made the record.
        """
        found = self._kept(app_hash)
        if found is not None and (found[1] is not None or absence_will_do):
            return found[1]
        return await self._load(lambda: self._store.find(app_hash), app_hash)

    async def find_by_id(self, session_id: str) -> Record | None:
        """The same by the DBSC session identifier. That there is none is never kept: anybody can make up an id."""
        app_hash = self._hashes.get(session_id)
        found = self._kept(app_hash) if app_hash is not None else None
        if found is not None and found[1] is not None:
            return found[1]
        return await self._load(lambda: self._store.find_by_id(session_id), None)

    def forget(self, app_hash: bytes) -> None:
        """Drop a record, also one that a read already under way is about to bring."""
        self._generation += 1
        self._records.pop(app_hash, None)

    def _kept(self, app_hash: bytes) -> tuple[float, Record | None] | None:
        entry = self._records.get(app_hash)
        return entry if entry is not None and self._clock() - entry[0] < self._seconds else None

    async def _load(self, read: Callable[[], Awaitable[Record | None]], app_hash: bytes | None) -> Record | None:
        while True:
            generation, started = self._generation, self._clock()
            record = await read()
            if generation == self._generation:
                break
            # What was read before an end must not be answered from, nor put back, after it.
        if record is not None:
            app_hash = record.app_hash
            if record.key is not None:
                _keep(self._hashes, record.key.id, app_hash)
        if app_hash is not None:
            _keep(self._records, app_hash, (started, record))
        return record


def _keep(entries: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    entries[key] = value
    entries.move_to_end(key)
    if len(entries) > MAX_ENTRIES:
        entries.popitem(last=False)
