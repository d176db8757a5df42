"""ASGI's corners: WebSockets, the server's life, bodies, and what a refusal does to an answer."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from boundgate.errors import StorageUnavailable
from boundgate.protect import MemoryStore, SqlStore
from tests.protect.rig import KEY, Rig, ask


async def websocket(rig: Rig, path: str, *, cookie: str = "", denial: bool = False) -> list[dict[str, Any]]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})

    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {
        "type": "websocket",
        "path": path,
        "query_string": b"",
        "headers": [(b"cookie", cookie.encode())],
        "client": ("192.0.2.7", 1),
        "extensions": {"websocket.http.response": {}} if denial else {},
    }
    await rig.dbsc.wrap(app)(scope, receive, send)
    return sent


async def test_a_websocket_opens_for_a_bound_session_only(rig: Rig) -> None:
    owner = await rig.owner()
    jar = "; ".join(f"{name}={value}" for name, (value, _) in owner.jar.items())
    assert [one["type"] for one in await websocket(rig, "/account/live", cookie=jar)] == ["websocket.accept"]
    assert await websocket(rig, "/account/live") == [{"type": "websocket.close", "code": 1008}]
    start, body = await websocket(rig, "/account/live", denial=True)
    assert (start["status"], body["type"]) == (401, "websocket.http.response.body")
    assert [one["type"] for one in await websocket(rig, "/chat")] == ["websocket.accept"]
    assert rig.told()[1:] == ["Refused sign_in_required"] * 2


async def lifespan(app: Any) -> list[dict[str, Any]]:
    incoming, sent = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}], []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await app({"type": "lifespan"}, receive, send)
    return sent


async def obedient(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def test_the_server_opens_and_closes_the_store_and_may_do_so_again(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite3'}")
    rig = Rig(store=store)
    app = rig.dbsc.wrap(obedient)
    for _ in range(2):
        told = [one["type"] for one in await lifespan(app)]
        assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert await store.find(b"x") is None
    await store.close()


async def test_a_store_out_of_reach_fails_the_start() -> None:
    class Broken(MemoryStore):
        async def open(self) -> None:
            raise StorageUnavailable("The database is out of reach.")

    told = await lifespan(Rig(store=Broken()).dbsc.wrap(obedient))
    assert told[0] == {"type": "lifespan.startup.failed", "message": "The database is out of reach."}


async def test_a_refusal_waits_for_the_body_that_nobody_reads(rig: Rig) -> None:
    left = [b"x" * 1000] * 5
    order: list[str] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        order.append("body")
        left.pop()
        return {"type": "http.request", "body": b"x", "more_body": bool(left)}

    async def send(message: Any) -> None:
        order.append(message["type"])

    scope = {"type": "http", "method": "POST", "path": "/account", "headers": [], "query_string": b"", "client": None}
    await rig.app(scope, receive, send)
    assert order == [*["body"] * 5, "http.response.start", "http.response.body"]


async def test_a_client_that_goes_away_in_the_middle_holds_nothing_up(rig: Rig) -> None:
    messages = [{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        pass

    scope = {"type": "http", "method": "POST", "path": "/account", "headers": [], "query_string": b"", "client": None}
    await rig.app(scope, receive, send)
    assert messages == []


async def test_the_endpoints_are_answered_before_the_application(rig: Rig) -> None:
    await rig.owner()
    for method, path, status in (
        ("POST", "/dbsc/register", 400),
        ("POST", "/dbsc/refresh", 400),
        ("GET", "/dbsc/refresh", 405),
    ):
        assert (await ask(rig.app, method, path)).status == status
    assert rig.login_app.ran == ["/login"]
    assert (await ask(rig.app, "GET", "/dbsc/other")).status == 200, "the rest of the path is the application's"


async def test_many_answers_at_once_do_not_mix(rig: Rig) -> None:
    owner = await rig.owner()
    nobody = rig.browser()
    answers = await asyncio.gather(*((owner if n % 2 else nobody).visit("GET", "/account") for n in range(40)))
    assert [answer.status for answer in answers] == [401, 200] * 20


def test_no_framework_is_imported_before_it_is_wanted() -> None:
    code = (
        "import sys, boundgate.protect\n"
        "found = {'quart', 'starlette', 'fastapi', 'hypercorn', 'uvicorn'} & sys.modules.keys()\n"
        "assert not found, found\n"
        "import boundgate.protect.starlette\n"
        "assert not {'quart', 'fastapi'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": "server"}, timeout=60)


def test_the_key_of_the_tests_is_long_enough() -> None:
    assert len(KEY) >= 32


@pytest.mark.parametrize("path", ["/account", "/account/"])
async def test_head_and_options_are_guarded_as_well(rig: Rig, path: str) -> None:
    for method in ("HEAD", "OPTIONS", "DELETE"):
        assert (await ask(rig.app, method, path)).status == 401
