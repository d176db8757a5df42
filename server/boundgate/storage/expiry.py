"""Forgetting what is over, a little at a time."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

DUE_AT_ONCE = 64
"""Entries that one call looks at. More than one, so that memory shrinks; few, so that no call is slow."""


class ExpiryQueue(Generic[Key]):
    """Keys with the times at which they are over, soonest first. Times are Unix seconds."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Key]] = []
        self._pushed = 0

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, key: Key, at: float) -> None:
        """Note that `key` is over at `at`. O(log n)."""
        self._pushed += 1
        heapq.heappush(self._heap, (at, self._pushed, key))

    def pop_due(self, now: float) -> Iterator[tuple[Key, float]]:
        """Take out keys whose time has come, with that time; at most `DUE_AT_ONCE`."""
        if not self._heap or self._heap[0][0] > now:
            return iter(())
        return self._pop_due(now)

    def _pop_due(self, now: float) -> Iterator[tuple[Key, float]]:
        for _ in range(DUE_AT_ONCE):
            if not self._heap or self._heap[0][0] > now:
                return
            at, _number, key = heapq.heappop(self._heap)
            yield key, at
