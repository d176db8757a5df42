"""What stands around the application: the endpoints of the protocol, the guard, and what goes onto its answers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

from boundgate.asgi import DRAIN_MAX_BYTES, DRAIN_MAX_SECONDS, ASGIApp, Message, Receive, Send
from boundgate.errors import StorageUnavailable
from boundgate.protect.answers import Answer
from boundgate.protect.request import Scope
from boundgate.protect.visit import Visit, enter

_DENIAL = "websocket.http.response"
_POLICY_VIOLATION = 1008


class Middleware:
    """ASGI in, ASGI out.

    Args:
        app: the application, behind the endpoints of the protocol.
        documents: answers by their paths, for everybody.
        visit_of: makes the visit of a request.
        guards: whether a path is for bound sessions only.
        finish: what is still to be done, and the headers still to be added, before an answer goes out.
        refused: told of every refusal that goes out.
        must_open: whether `open` is still to be done for a path.
        open, close: called around the server's life, where the server tells of it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        documents: Mapping[str, Answer],
        visit_of: Callable[[Scope], Visit],
        guards: Callable[[str], bool],
        finish: Callable[[Visit], Awaitable[list[tuple[bytes, bytes]]]],
        refused: Callable[[Visit, Answer], None],
        must_open: Callable[[str], bool],
        open: Callable[[], Awaitable[None]],  # noqa: A002 - as in `Store`
        close: Callable[[], Awaitable[None]],
    ) -> None:
        self._app, self._documents, self._visit_of, self._guards = app, documents, visit_of, guards
        self._finish, self._refused = finish, refused
        self._must_open, self._open, self._close = must_open, open, close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, _lifespan(send, self._open, self._close))
            return
        if self._must_open(scope["path"]):
            # Whatever then fails for want of it says so itself.
            with contextlib.suppress(StorageUnavailable):
                await self._open()
        visit = self._visit_of(scope)
        enter(visit)
        if scope["type"] == "websocket":
            await self._websocket(visit, scope, receive, send)
            return
        exchange = _Exchange(visit, receive, send, self._finish, self._refused)
        found = self._documents.get(scope["path"])
        if found is not None:
            await exchange.answer(found)
            return
        if self._guards(scope["path"]) and await visit.stop() is not None:
            await exchange.refuse()
            return
        await self._app(scope, exchange.receive, exchange.send)

    async def _websocket(self, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await visit.stop() if self._guards(scope["path"]) else None
        if answer is None:
            await self._app(scope, receive, send)
            return
        self._refused(visit, answer)
        await receive()  # websocket.connect
        if _DENIAL not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        await send({"type": f"{_DENIAL}.start", "status": answer.status, "headers": list(answer.headers)})
        await send({"type": f"{_DENIAL}.body", "body": answer.body})


class _Exchange:
    """One HTTP request and its answer, which a refusal may replace."""

    def __init__(
        self,
        visit: Visit,
        receive: Receive,
        send: Send,
        finish: Callable[[Visit], Awaitable[list[tuple[bytes, bytes]]]],
        refused: Callable[[Visit, Answer], None],
    ) -> None:
        self._visit, self._receive, self._send = visit, receive, send
        self._finish, self._refused = finish, refused
        self._body_over, self._replaced = asyncio.Event(), False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._body_over.set()
        return message

    async def send(self, message: Message) -> None:
        if self._replaced:
            return
        if message["type"] == "http.response.start":
            if self._visit.refusal is not None:
                await self.refuse()
                return
            added = await self._finish(self._visit)
            if added:
                message = {**message, "headers": [*message.get("headers", ()), *added]}
        await self._send(message)

    async def refuse(self) -> None:
        """Answer with the refusal, and with nothing else."""
        answer = self._visit.refusal
        assert answer is not None, "called only where there is one"
        self._replaced = True
        self._refused(self._visit, answer)
        await self.answer(answer)

    async def answer(self, answer: Answer) -> None:
        """Send a whole answer."""
        await self._read_body()
        headers = [*answer.headers, (b"content-length", str(len(answer.body)).encode())]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": answer.body})

    async def _read_body(self) -> None:
        """Read the request's body to its end, within bounds, beside whoever else reads it.

        An answer before the end of a body makes Hypercorn 0.18 drop an HTTP/2 connection with every stream on it.
        """
        left = DRAIN_MAX_BYTES
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_MAX_SECONDS):
                while not self._body_over.is_set() and left > 0:
                    left -= await self._read_once()

    async def _read_once(self) -> int:
        reading, over = asyncio.create_task(self.receive()), asyncio.create_task(self._body_over.wait())
        try:
            await asyncio.wait({reading, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, over):
                task.cancel()
        return len(reading.result().get("body", b"")) if reading.done() and not reading.cancelled() else 0


def _lifespan(send: Send, open_: Callable[[], Awaitable[None]], close: Callable[[], Awaitable[None]]) -> Send:
    async def send_around(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            try:
                await open_()
            except StorageUnavailable as error:
                message = {"type": "lifespan.startup.failed", "message": error.detail}
        elif message["type"] in {"lifespan.shutdown.complete", "lifespan.shutdown.failed"}:
            await close()
        await send(message)

    return send_around
