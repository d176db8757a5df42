"""The `openai` package in front, a recording HTTP upstream behind, the gateway in between; all on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest
from aiohttp import web

from boundgate.errors import BoundgateError
from boundgate.gateway.answers import StreamAnswer
from boundgate.gateway.embedded import EmbeddedUpstream
from boundgate.gateway.http_upstream import HttpUpstream
from boundgate.gateway.service import GatewayService
from boundgate.gateway.upstream import Upstream, UpstreamRequest
from boundgate.gateway.wire import error_answer
from tests.gateway.fakes import PRICES, Settlements, chat, chunk, http_server

KEY = "sk-upstream-0123456789"
MESSAGES: Any = [{"role": "user", "content": "why?"}]


class Front:
    """The least that a route must do."""

    def __init__(self, upstream: Upstream) -> None:
        self.gateway = GatewayService(PRICES, upstream, drain_seconds=5)
        self.settled = Settlements()

    async def handle(self, incoming: web.Request) -> web.StreamResponse:
        if incoming.path == "/v1/models":
            return web.json_response(self.gateway.models())
        try:
            request = self.gateway.parse_chat(await incoming.read())
        except BoundgateError as error:
            answer = error_answer(error)
            return web.Response(status=answer.status, headers=dict(answer.headers), body=answer.body)
        answer = await self.gateway.start(request, on_settled=self.settled)
        if not isinstance(answer, StreamAnswer):
            return web.Response(status=answer.status, headers=dict(answer.headers), body=answer.body)
        response = web.StreamResponse(status=answer.status, headers=dict(answer.headers))
        await response.prepare(incoming)
        async for piece in answer.body:
            await response.write(piece)
        return response


@asynccontextmanager
async def package(upstream: Upstream) -> AsyncIterator[tuple[openai.AsyncOpenAI, Front]]:
    front = Front(upstream)
    async with (
        http_server(front.handle) as url,
        openai.AsyncOpenAI(base_url=url, api_key="caller", max_retries=0) as client,
    ):
        yield client, front
        await front.gateway.aclose()


def http_upstream(url: str) -> HttpUpstream:
    return HttpUpstream(url, api_key=KEY, connect_timeout_seconds=5, read_timeout_seconds=5, max_connections=5)


async def test_the_package_chats_plain_and_streamed_with_the_embedded_model():
    upstream = EmbeddedUpstream(PRICES, pace_seconds=0)
    async with package(upstream) as (client, front):
        assert [model.id async for model in await client.models.list()] == ["gpt-5.2-mini", "gpt-5.2"]
        plain = await client.chat.completions.create(model="gpt-5.2-mini", messages=MESSAGES)
        again = [*MESSAGES, plain.choices[0].message, *MESSAGES]
        stream = await client.chat.completions.create(
            model="gpt-5.2-mini", messages=again, stream=True, stream_options={"include_usage": True}
        )
        chunks = [piece async for piece in stream]
    text = "".join(piece.choices[0].delta.content or "" for piece in chunks if piece.choices)
    assert text == plain.choices[0].message.content
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == front.settled[1].output_tokens
    assert [entry.cost_micro_usd for entry in front.settled] == [bill.cost_micro_usd for bill in upstream.bills]


@pytest.mark.parametrize(
    ("fields", "exception", "code", "param"),
    [
        ({"model": "gpt-0"}, openai.NotFoundError, "model_not_found", "model"),
        ({"n": 99}, openai.BadRequestError, "invalid_request", "n"),
        ({"extra_body": {"surprise": 1}}, openai.BadRequestError, "unknown_parameter", "surprise"),
    ],
)
async def test_an_invalid_request_is_the_packages_own_exception(fields, exception, code, param):
    async with package(EmbeddedUpstream(PRICES)) as (client, _):
        with pytest.raises(exception) as caught:
            await client.chat.completions.create(**({"model": "gpt-5.2", "messages": MESSAGES} | fields))
    assert (caught.value.code, caught.value.param) == (code, param)


async def test_an_error_in_mid_stream_is_the_packages_own_exception():
    async def handler(incoming: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(incoming)
        await response.write(chunk("a"))
        return response

    async with http_server(handler) as url, package(http_upstream(url)) as (client, _):
        stream = await client.chat.completions.create(model="gpt-5.2-mini", messages=MESSAGES, stream=True)
        with pytest.raises(openai.APIError, match="broke off") as caught:
            async for _ in stream:
                pass
    assert caught.value.code == "upstream_error"


@pytest.mark.parametrize(
    ("status", "exception", "code"),
    [
        (400, openai.BadRequestError, "bad"),
        (401, openai.InternalServerError, "upstream_error"),
        (429, openai.InternalServerError, "overloaded"),
        (500, openai.InternalServerError, "upstream_error"),
        (302, openai.InternalServerError, "upstream_error"),
    ],
)
async def test_nothing_of_the_upstreams_but_its_complaint_reaches_the_caller(status, exception, code):
    async def handler(_: web.Request) -> web.Response:
        error = {"message": f"Key {KEY} of org-0123456789 at https://127.0.0.1/x", "code": "bad"}
        headers = {"openai-organization": "acme", "set-cookie": "a=b", "location": "/elsewhere"}
        return web.json_response({"error": error}, status=status, headers=headers)

    async with http_server(handler) as url, package(http_upstream(url)) as (client, _):
        with pytest.raises(exception) as caught:
            await client.chat.completions.create(model="gpt-5.2", messages=MESSAGES)
    assert caught.value.code == code
    shown = caught.value.response.text + json.dumps(dict(caught.value.response.headers))
    for secret in (KEY, "org-0123456789", "acme", "a=b", "elsewhere", "127.0.0.1"):
        assert secret not in shown


async def test_nothing_of_the_caller_but_the_validated_request_reaches_the_upstream():
    seen: list[tuple[dict[str, str], bytes]] = []
    embedded = EmbeddedUpstream(PRICES)

    async def handler(incoming: web.Request) -> web.Response:
        body = await incoming.read()
        seen.append(({name.lower(): value for name, value in incoming.headers.items()}, body))
        asked = UpstreamRequest(path=incoming.path, body=body, stream=False, request_id="x")
        answer = await embedded.open(asked)
        return web.Response(body=b"".join([piece async for piece in answer.chunks()]))

    credentials = {"Cookie": "__Host-bg-bound=cookie-secret", "DPoP": "dpop-secret", "X-Request-Id": "callers-own"}
    async with http_server(handler) as url, package(http_upstream(url)) as (client, _):
        await client.chat.completions.create(
            model="gpt-5.2", messages=MESSAGES, extra_headers=credentials, metadata={"a": "b"}
        )
    ((headers, body),) = seen
    assert headers["authorization"] == f"Bearer {KEY}"
    received = json.dumps(headers) + body.decode()
    for secret in ("cookie-secret", "dpop-secret", "callers-own", "caller", "openai", "OpenAI"):
        assert secret not in received
    assert body == chat(model="gpt-5.2", messages=MESSAGES).body
