"""A bounded hand-over of one stream, from the task that reads the upstream to the task that writes to the client."""

from __future__ import annotations

import asyncio

QUEUE_EVENTS = 32
LEAST_EVENTS = 3
"""The last words, the end, and the one event that a waiting writer still holds."""
STALL_SECONDS = 120.0


class Outlet:
    """One writer, one reader.

    Args:
        stall_seconds: how long a reader may take nothing before it counts as gone. It also bounds how long a
            stream waits whose reader never came.
    """

    def __init__(self, *, size: int = QUEUE_EVENTS, stall_seconds: float = STALL_SECONDS) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=max(size, LEAST_EVENTS))
        self._stall_seconds = stall_seconds
        self._closed = False
        self._ended = False

    async def put(self, item: bytes | None) -> bool:
        """Hand over an event, or None for the end; wait while the reader is behind.

        Returns False, and drops the event, once nobody is there to take it.
        """
        if self._closed:
            return False
        if not self._queue.full():
            self._queue.put_nowait(item)
            return True
        try:
            async with asyncio.timeout(self._stall_seconds):
                await self._queue.put(item)
        except TimeoutError:
            self.close()
        return not self._closed

    async def get(self) -> bytes | None:
        """All events that are ready, as one piece; None at the end."""
        ready: list[bytes] = []
        while not self._ended and (not ready or not self._queue.empty()):
            item = await self._queue.get()
            if item is None:
                self._ended = True
            else:
                ready.append(item)
        return b"".join(ready) or None

    def close(self, last: bytes | None = None) -> None:
        """End the stream now: what waits is dropped, `last` is the reader's final event. Later puts are dropped."""
        if self._closed:
            return
        self._closed = True
        while not self._queue.empty():
            self._queue.get_nowait()
        if last is not None:
            self._queue.put_nowait(last)
        self._queue.put_nowait(None)
