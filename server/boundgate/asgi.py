"""What must happen below the framework: reading a refused request's body to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

DRAIN_MAX_BYTES = 16 * 1_048_576
DRAIN_MAX_SECONDS = 10.0


class DrainRequestBody:
    """Holds an answer back until the request's body has been read, within bounds.

    Hypercorn 0.18 raises KeyError for data of a stream that was already answered, and drops the whole HTTP/2
    connection with every other stream on it. Past the bounds the answer goes out, and that connection is lost.

    Args:
        app: reads `receive` until it is told to stop, as Quart does from its own task.
    """

    def __init__(
        self, app: ASGIApp, *, max_bytes: int = DRAIN_MAX_BYTES, max_seconds: float = DRAIN_MAX_SECONDS
    ) -> None:
        self._app, self._max_bytes, self._max_seconds = app, max_bytes, max_seconds

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._max_bytes)

        async def send_after_body(message: Message) -> None:
            if message["type"] == "http.response.start" and not body.over.is_set():
                await self._wait(body)
            await send(message)

        await self._app(scope, body.receive, send_after_body)

    async def _wait(self, body: _Body) -> None:
        try:
            await asyncio.wait_for(body.over.wait(), self._max_seconds)
        except TimeoutError:
            body.over.set()


class _Body:
    """Watches the messages of one request go by."""

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive, self._left = receive, max_bytes
        self.over = asyncio.Event()

    async def receive(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False) or self._left < 0:
            self.over.set()
        return message
