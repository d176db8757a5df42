"""The way to a provider over a real socket, within limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from boundgate.oauth.outside.errors import OutsideUnreachable
from boundgate.oauth.outside.http import HttpWeb
from boundgate.oauth.outside.metadata import DOCUMENT_MAX_BYTES


@pytest.fixture
async def origin() -> AsyncIterator[str]:
    async def echo(request: web.Request) -> web.Response:
        said = f"{request.method} {request.content_type} {await request.text()} {request.headers.get('Cookie')}"
        return web.Response(text=said, headers={"DPoP-Nonce": "a nonce", "Set-Cookie": "a=b"})

    async def away(_: web.Request) -> web.Response:
        raise web.HTTPFound("/echo")

    async def large(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * (DOCUMENT_MAX_BYTES + int(request.query["more"])))

    app = web.Application()
    app.add_routes([web.route("*", "/echo", echo), web.get("/away", away), web.get("/large", large)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[HttpWeb]:
    opened = HttpWeb()
    yield opened
    await opened.aclose()
    await asyncio.sleep(0)


async def test_answers_are_read_whole_with_their_headers(origin: str, http: HttpWeb) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        answer = await http.post_form(f"{origin}/echo", "a=b", form)
        assert (answer.status, answer.headers["dpop-nonce"]) == (200, "a nonce")
        assert answer.body == b"POST application/x-www-form-urlencoded a=b None", "and no cookie is kept"


async def test_no_redirect_is_followed(origin: str, http: HttpWeb) -> None:
    assert (await http.get(f"{origin}/away")).status == 302


async def test_an_answer_has_a_limit(origin: str, http: HttpWeb) -> None:
    assert len((await http.get(f"{origin}/large?more=0")).body) == DOCUMENT_MAX_BYTES
    with pytest.raises(OutsideUnreachable):
        await http.get(f"{origin}/large?more=1")


async def test_a_place_that_nobody_listens_at_is_told_without_its_address(http: HttpWeb) -> None:
    with pytest.raises(OutsideUnreachable) as refused:
        await http.get("https://127.0.0.1:1/")
    assert "127.0.0.1" not in str(refused.value)
