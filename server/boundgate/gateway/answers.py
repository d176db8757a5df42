"""What a route gets back for a call, and the handle that ends it from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from boundgate.errors import AuthenticationError, BoundgateError
from boundgate.gateway.outlet import Outlet
from boundgate.gateway.upstream import Headers

STREAM_HEADERS: Headers = (
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-store"),
    ("x-accel-buffering", "no"),
)
REVOKED = "This session was ended while the answer was on its way. Sign in again."


class ClientStream:
    """The events of one answer, as bytes. Closing it, or cancelling a read of it, is a hang-up of the client."""

    def __init__(self, outlet: Outlet, *, on_leave: Callable[[], None]) -> None:
        self._outlet = outlet
        self._leave = on_leave

    def __aiter__(self) -> ClientStream:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await self._outlet.get()
        except asyncio.CancelledError:
            self._leave()
            raise
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Stop the answer, unless it has ended."""
        self._leave()


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAnswer:
    """An answer in pieces. `body` must be iterated or closed."""

    status: int
    headers: Headers
    body: ClientStream


class RelayHandle:
    """Ends one call from outside, at any time; for a session that is revoked while its answer is on its way."""

    def __init__(self) -> None:
        self._error: BoundgateError | None = None
        self._end: Callable[[BoundgateError], None] | None = None

    def cut(self, reason: str = REVOKED) -> None:
        """End the client's side now: a stream with an error event, a plain answer with 401 `session_revoked`.

        Args:
            reason: a public sentence. The first cut counts.
        """
        if self._error is None:
            self._error = AuthenticationError(reason, code="session_revoked")
            if self._end is not None:
                self._end(self._error)

    def attach(self, end: Callable[[BoundgateError], None]) -> None:
        """Connect to a call; one that was cut before it began is ended at once."""
        self._end = end
        if self._error is not None:
            end(self._error)
