"""Upstreams and recorders for the gateway's tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from boundgate.gateway.answers import StreamAnswer
from boundgate.gateway.chat import ChatParser, ChatRequest
from boundgate.gateway.price_file import load_prices
from boundgate.gateway.settlement import Settlement
from boundgate.gateway.upstream import Headers, UpstreamFailure, UpstreamRequest
from boundgate.gateway.wire import PlainAnswer

PRICES = load_prices(None)
_PARSER = ChatParser(PRICES)


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hi"}], **fields}).encode()


def chat(**fields: Any) -> ChatRequest:
    return _PARSER.parse(body(**fields))


def chunk(text: str = "x", **members: Any) -> bytes:
    value = {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: " + json.dumps({**value, **members}).encode() + b"\n\n"


def usage(given: int = 10, made: int = 20) -> dict[str, int]:
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


USAGE_CHUNK = chunk(choices=[], usage=usage())
DONE = b"data: [DONE]\n\n"


class Settlements(list[Settlement]):
    """Records what is settled; `arrived` says that something was."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = asyncio.Event()

    async def __call__(self, settlement: Settlement) -> None:
        self.append(settlement)
        self.arrived.set()


class ScriptedAnswer:
    def __init__(self, script: Sequence[Any], status: int, headers: Headers) -> None:
        self._script = script
        self.status = status
        self.headers = headers
        self.closed = False
        self.taken = 0

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        for step in self._script:
            if isinstance(step, asyncio.Event):
                await step.wait()
            elif isinstance(step, BaseException):
                raise step
            else:
                self.taken += 1
                yield step

    async def close(self) -> None:
        self.closed = True


class ScriptedUpstream:
    """Plays a script: bytes are sent, events waited for, exceptions raised."""

    def __init__(
        self,
        *script: Any,
        status: int = 200,
        headers: Headers = (),
        secrets: tuple[str, ...] = (),
        opening: UpstreamFailure | asyncio.Event | Exception | None = None,
    ) -> None:
        self.secrets = secrets
        self.requests: list[UpstreamRequest] = []
        self.answer = ScriptedAnswer(script, status, headers)
        self.closed = False
        self.asked = asyncio.Event()
        self._opening = opening

    async def open(self, request: UpstreamRequest) -> ScriptedAnswer:
        self.requests.append(request)
        self.asked.set()
        if isinstance(self._opening, asyncio.Event):
            await self._opening.wait()
        elif self._opening is not None:
            raise self._opening
        return self.answer

    async def aclose(self) -> None:
        self.closed = True


async def read(answer: PlainAnswer | StreamAnswer) -> bytes:
    if isinstance(answer, PlainAnswer):
        return answer.body
    return b"".join([piece async for piece in answer.body])


def events(stream: bytes) -> list[Any]:
    """The JSON of each event, `[DONE]` as a string."""
    parts = stream.decode().split("\n\n")
    assert parts.pop() == ""
    data = [part.removeprefix("data: ") for part in parts]
    return [entry if entry == "[DONE]" else json.loads(entry) for entry in data]


Handler = Callable[[web.Request], Any]


@asynccontextmanager
async def http_server(handler: Handler) -> AsyncIterator[str]:
    """A real server on loopback that answers everything under /v1; gives its base URL."""
    app = web.Application()
    app.router.add_route("*", "/v1/{tail:.*}", handler)
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("/v1"))
    finally:
        await server.close()
