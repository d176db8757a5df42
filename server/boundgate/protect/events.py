"""What happened, as a typed stream: for logs, for alarms, for a screen that shows who is where.

No event carries token material. `session` stands for the application's own session: 16 hexadecimal digits of a hash.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakSet

_log = logging.getLogger(__name__)

STREAM_EVENTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Happened:
    at: float
    """Unix seconds."""
    session: str | None
    """Stands for the application's session; None where none is known."""
    user: str | None = None
    """As given to `bind`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(_Happened):
    """A browser has bound its key to a session."""

    thumbprint: str
    """RFC 7638, SHA-256."""
    algorithm: str
    client: str | None = None
    """What registered it, such as `boundgate-extension/1.0`, where it was not the browser itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed(_Happened):
    """The key was proved again."""

    signatures: int
    """Within the signature window; Chromium stops at six."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried(_Happened):
    """A proof did not count, and the browser was given another challenge. Harmless, unless there are many."""

    reason: str
    """An error code, such as `challenge_stale`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(_Happened):
    """A request, a registration or a refresh was turned away."""

    what: str
    """`request`, `registration` or `refresh`."""
    reason: str
    """An error code: `second_key` is somebody with another key at an offer that was taken."""
    client: str | None = None
    """Of a registration, as in `Registered`. An extension beside a browser's own DBSC comes second, and says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminated(_Happened):
    """A session is over."""

    reason: str
    """`signed_out`, `replaced`, or the application's own word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped(_Happened):
    """A browser says why it sent a request without refreshing. Anybody can say so: it grants and ends nothing."""

    reason: str
    """`unreachable`, `server_error` or `quota_exceeded`."""


Event = Registered | Refreshed | Retried | Refused | Terminated | Skipped


class EventStream:
    """`async for event in stream`. Bounded: a slow reader loses the oldest events, and `dropped` says how many."""

    def __init__(self, capacity: int = STREAM_EVENTS) -> None:
        self.dropped = 0
        self._events: deque[Event] = deque()
        self._capacity, self._closed, self._changed = capacity, False, asyncio.Event()

    def __aiter__(self) -> EventStream:
        return self

    async def __anext__(self) -> Event:
        while not self._events:
            if self._closed:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._events.popleft()

    def put(self, event: Event) -> None:
        """Add an event; never waits."""
        if len(self._events) >= self._capacity:
            self._events.popleft()
            self.dropped += 1
        self._events.append(event)
        self._changed.set()

    def close(self) -> None:
        """End the iteration after the events that are there."""
        self._closed = True
        self._changed.set()


class Events:
    """Hands every event to a callback and to all streams.

    Args:
        on_event: called in the request that caused the event, so it must be quick. What it raises is logged.
    """

    def __init__(self, on_event: Callable[[Event], None] | None = None) -> None:
        self._on_event, self._streams = on_event, WeakSet[EventStream]()

    def stream(self, capacity: int = STREAM_EVENTS) -> EventStream:
        """A new stream of everything from now on."""
        stream = EventStream(capacity)
        self._streams.add(stream)
        return stream

    def publish(self, event: Event) -> None:
        """Tell everybody who listens."""
        for stream in self._streams:
            stream.put(event)
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception as error:  # noqa: BLE001 - somebody else's code must not fail a request
            _log.error("on_event raised %s", type(error).__name__)

    def close(self) -> None:
        """End all streams."""
        for stream in self._streams:
            stream.close()
