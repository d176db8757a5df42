from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest
from aiohttp import web

from boundgate.gateway.http_upstream import HttpUpstream, UpstreamConfigError, read_api_key
from boundgate.gateway.upstream import UpstreamFailure, UpstreamRequest
from tests.gateway.fakes import http_server

KEY = "sk-upstream-0123456789"


def upstream(url: str, **changes) -> HttpUpstream:
    given = {"api_key": KEY, "connect_timeout_seconds": 5, "read_timeout_seconds": 5, "max_connections": 10}
    return HttpUpstream(url, **(given | changes))


def request(stream: bool = False) -> UpstreamRequest:
    return UpstreamRequest(path="/chat/completions", body=b'{"a":1}', stream=stream, request_id="req-1")


async def read(answer) -> bytes:
    return b"".join([chunk async for chunk in answer.chunks()])


async def read_and_close(answer) -> bytes:
    try:
        return await read(answer)
    finally:
        await answer.close()


async def test_a_request_has_our_key_and_nothing_that_we_did_not_put_there():
    seen = []

    async def handler(incoming: web.Request) -> web.Response:
        seen.append((incoming.method, incoming.path, dict(incoming.headers), await incoming.read()))
        return web.json_response({}, headers={"Set-Cookie": "a=b; Path=/"})

    async with http_server(handler) as url:
        client = upstream(url.replace("127.0.0.1", "localhost"))  # a name, for which cookies could be kept
        for stream in (False, True):
            answer = await client.open(request(stream))
            await read(answer)
            await answer.close()
        await client.aclose()
    (method, path, headers, body), (_, _, streamed, _) = seen
    assert (method, path, body) == ("POST", "/v1/chat/completions", b'{"a":1}')
    assert headers.pop("Host").startswith("localhost")
    assert {name.lower(): value for name, value in headers.items()} == {
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "boundgate/0.1.0",
        "x-request-id": "req-1",
        "authorization": f"Bearer {KEY}",
        "content-length": "7",
    }
    assert streamed["Accept"] == "text/event-stream"
    assert "Cookie" not in streamed


async def test_an_upstream_that_wants_no_key_gets_none():
    async def handler(incoming: web.Request) -> web.Response:
        return web.json_response({"has_key": "authorization" in incoming.headers})

    async with http_server(handler) as url:
        client = upstream(url, api_key=None)
        assert json.loads(await read_and_close(await client.open(request()))) == {"has_key": False}
        await client.aclose()


async def test_response_headers_pass_by_list():
    async def handler(_: web.Request) -> web.Response:
        headers = {"x-request-id": "u1", "openai-organization": "acme", "set-cookie": "a=b", "retry-after": "1"}
        return web.Response(status=429, body=b"{}", headers=headers)

    async with http_server(handler) as url:
        client = upstream(url)
        answer = await client.open(request())
        assert answer.status == 429
        assert sorted(answer.headers) == [("retry-after", "1"), ("x-upstream-request-id", "u1")]
        await answer.close()
        await client.aclose()


async def test_a_redirect_is_not_followed():
    hits = []

    async def handler(incoming: web.Request) -> web.Response:
        hits.append(incoming.path)
        return web.Response(status=307, headers={"Location": "/v1/elsewhere"})

    async with http_server(handler) as url:
        client = upstream(url)
        answer = await client.open(request())
        assert answer.status == 307
        await answer.close()
        await client.aclose()
    assert hits == ["/v1/chat/completions"]


async def test_connections_are_used_again_also_after_a_stream_of_which_the_end_was_not_read():
    ports = set()
    taken = asyncio.Event()

    async def handler(incoming: web.Request) -> web.StreamResponse:
        ports.add(incoming.transport.get_extra_info("peername")[1])
        response = web.StreamResponse()
        await response.prepare(incoming)
        await response.write(b"data: [DONE]\n\n")
        await taken.wait()
        return response

    async with http_server(handler) as url:
        client = upstream(url)
        for _ in range(5):
            answer = await client.open(request(stream=True))
            assert await anext(answer.chunks()) == b"data: [DONE]\n\n"
            taken.set()
            await answer.close()
            taken.clear()
        await client.aclose()
    assert len(ports) == 1


async def test_a_stream_is_taken_no_faster_than_it_is_read():
    all_written = asyncio.Event()

    async def handler(incoming: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(incoming)
        for _ in range(1000):
            await response.write(b"x" * 65_536)
        all_written.set()
        return response

    async with http_server(handler) as url:
        client = upstream(url)
        answer = await client.open(request(stream=True))
        chunks = answer.chunks()
        await anext(chunks)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(all_written.wait(), 0.3)
        async for _ in chunks:
            pass
        assert all_written.is_set()
        await answer.close()
        await client.aclose()


async def failure(url: str, **changes) -> UpstreamFailure:
    client = upstream(url, **changes)
    try:
        with pytest.raises(UpstreamFailure) as caught:
            await read_and_close(await client.open(request()))
    finally:
        await client.aclose()
    assert "127.0.0.1" not in str(caught.value)
    assert KEY not in str(caught.value)
    return caught.value


async def test_an_upstream_that_is_not_there_was_sent_nothing():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        failed = await failure(f"http://127.0.0.1:{unused.getsockname()[1]}/v1")
    assert (failed.error.public_code, failed.sent) == ("upstream_error", False)


async def test_without_a_free_connection_in_time_nothing_was_sent():
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 10_000_000)

    async with http_server(handler) as url:
        client = upstream(url, max_connections=1, connect_timeout_seconds=0.05)
        first = await client.open(request())
        with pytest.raises(UpstreamFailure) as caught:
            await client.open(request())
        await first.close()
        await client.aclose()
    assert (caught.value.error.status, caught.value.sent) == (504, False)


async def test_silence_is_a_timeout_of_something_sent():
    async def handler(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with http_server(handler) as url:
        failed = await failure(url, read_timeout_seconds=0.05)
    assert (failed.error.status, failed.error.public_code, failed.sent) == (504, "upstream_timeout", True)


async def test_an_answer_that_breaks_off_is_an_error_of_something_sent():
    async def handler(incoming: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(incoming)
        await response.write(b"half")
        incoming.transport.close()
        return response

    async with http_server(handler) as url:
        failed = await failure(url)
    assert (failed.error.status, failed.sent) == (502, True)


@pytest.mark.parametrize(
    "url",
    ["", "ftp://x/v1", "https://", "https://user:pw@x/v1", "https://x/v1?k=v", "https://x/v1#f", "x", "https://x:y/"],
)
def test_an_address_that_cannot_be_meant_is_refused(url):
    with pytest.raises(UpstreamConfigError) as caught:
        upstream(url)
    assert "pw" not in str(caught.value)


def test_secrets_are_the_key_and_the_address():
    assert upstream("https://llm.example:8/v1/").secrets == (KEY, "https://llm.example:8/v1/", "llm.example")


def test_a_key_file_holds_a_key_and_nothing_else(tmp_path: Path):
    file = tmp_path / "key"
    file.write_bytes(f"  {KEY}\n".encode())
    assert read_api_key(file) == KEY
    for bad in (b"", b"two words", b"\xff\xfe", b"a\nb", b"x" * 9000):
        file.write_bytes(bad)
        with pytest.raises(UpstreamConfigError) as caught:
            read_api_key(file)
        assert "two words" not in str(caught.value)
    with pytest.raises(UpstreamConfigError):
        read_api_key(tmp_path / "absent")
