"""A real `boundgate serve --workers 2` over a real Valkey: both workers, one truth."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.mmap_dict import MmapedDict

from boundgate.net import network_prefix
from boundgate.services import open_services
from boundgate.settings import load_settings
from e2e.support.server import Server
from tests.contract.builders import ALICE, a_passkey, a_user, put_passkey
from tests.support.wire_browser import WireBrowser, bound_browser

SESSIONS, RACERS = 50, 4
CONNECTIONS = 8
"""To each worker."""


@dataclass
class Deployment:
    """A server whose workers can be told apart."""

    server: Server
    workers: list[int]

    @asynccontextmanager
    async def clients_of(self, worker: int, number: int) -> AsyncIterator[list[httpx.AsyncClient]]:
        """Clients of one connection each, all accepted by one worker, because the others were asleep."""
        trust = ssl.create_default_context(cafile=str(self.server.data_dir / "tls" / "ca.pem"))
        others = [other for other in self.workers if other != worker]
        async with AsyncExitStack() as closing:
            for other in others:
                os.kill(other, signal.SIGSTOP)
                await until(lambda other=other: "State:\tT" in Path(f"/proc/{other}/status").read_text())
            try:
                clients = []
                for _ in range(number):
                    client = httpx.AsyncClient(
                        verify=trust,
                        base_url=self.server.origin,
                        timeout=60,
                        limits=httpx.Limits(max_connections=1, keepalive_expiry=None),
                    )
                    clients.append(await closing.enter_async_context(client))
                    assert (await client.get("/healthz")).status_code == 200
            finally:
                for other in others:
                    os.kill(other, signal.SIGCONT)
            yield clients

    def refreshes(self, worker: int) -> int:
        """How many accepted refreshes one worker has counted."""
        file = self.server.data_dir / "metrics" / f"counter_{worker}.db"
        found = 0
        for key, value, *_ in MmapedDict.read_all_values_from_file(str(file)):
            _, name, labels, _ = json.loads(key)
            if name == "boundgate_events_total" and labels == {"kind": "dbsc.refresh", "outcome": "ok"}:
                found += int(value)
        return found


async def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


@pytest.fixture
def deployment(tmp_path: Path, valkey_url: str) -> Iterator[tuple[Deployment, list[WireBrowser]]]:
    """Two workers and fifty bound sessions, made in this process over the same database, keys and Valkey."""
    options = {"hot_state_url": valkey_url, "hot_state_prefix": f"test-{secrets.token_hex(6)}"}
    server = Server(tmp_path, workers=2, session_cache_seconds=10, **options)
    browsers = asyncio.run(bound_browsers(server, options))
    server.start()
    try:
        yield Deployment(server, workers_of(server)), browsers
    finally:
        for process in workers_of(server):
            os.kill(process, signal.SIGCONT)
        assert server.stop() == 0
        assert "Traceback" not in server.log_file.read_text()


def workers_of(server: Server) -> list[int]:
    assert server._process is not None
    parent = server._process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


async def bound_browsers(server: Server, options: dict[str, Any]) -> list[WireBrowser]:
    settings = load_settings(data_dir=server.data_dir, public_origin=server.origin, **options)
    async with open_services(settings) as services:
        await services.store.create_user(a_user(ALICE))
        await put_passkey(services.store, a_passkey())
        prefix = network_prefix("127.0.0.1", settings.pin_ipv4_prefix, settings.pin_ipv6_prefix)
        return [await bound_browser(services, user_id=ALICE, prefix=prefix) for _ in range(SESSIONS)]


async def test_200_concurrent_refreshes_of_50_sessions_at_two_workers(
    deployment: tuple[Deployment, list[WireBrowser]],
) -> None:
    served, browsers = deployment
    async with (
        served.clients_of(served.workers[0], CONNECTIONS) as ones,
        served.clients_of(served.workers[1], CONNECTIONS) as others,
    ):
        pairs = list(zip(ones, others, strict=True))

        async def race(number: int, browser: WireBrowser) -> list[list[int]]:
            """Four tabs refresh with the one challenge at hand; who is too late signs the challenge it is given."""
            at = pairs[number % CONNECTIONS] * (RACERS // 2)
            return await asyncio.gather(*(tab(browser, client) for client in at))

        async def tab(browser: WireBrowser, client: httpx.AsyncClient) -> list[int]:
            first = await browser.refresh(client, browser.challenge)
            if first.status_code != 403:
                return [first.status_code]
            return [403, (await browser.refresh(client, browser.next_challenge(first))).status_code]

        raced = await asyncio.gather(*(race(number, browser) for number, browser in enumerate(browsers)))
        for tabs in raced:
            assert sorted(tabs) == [[200], *[[403, 200]] * (RACERS - 1)], "one wins, and no fresh proof is refused"
        for browser in browsers:
            assert max(Counter(browser.used).values()) == 1, "no challenge is accepted twice"
            assert len(browser.used) == RACERS
            for client in pairs[0]:
                state = (await browser.get(client, "/session")).json()
                assert state["state"] == "bound", "no session is lost"
        await until(lambda: sum(map(served.refreshes, served.workers)) >= SESSIONS * RACERS)  # counts show with a delay
        counted = [served.refreshes(worker) for worker in served.workers]
        assert counted == [SESSIONS * RACERS / 2] * 2, "both workers took part"
        metrics = (await pairs[0][0].get("/metrics")).text
        assert f'boundgate_events_total{{kind="dbsc.refresh",outcome="ok"}} {sum(counted)}.0' in metrics


async def test_what_one_worker_has_seen_used_or_ended_the_other_refuses(
    deployment: tuple[Deployment, list[WireBrowser]],
) -> None:
    served, browsers = deployment
    browser, bystander = browsers[:2]
    async with (
        served.clients_of(served.workers[0], 1) as (one,),
        served.clients_of(served.workers[1], 1) as (other,),
    ):
        proved = await browser.refresh(one, browser.challenge)
        assert proved.status_code == 200
        again = await browser.refresh(other, browser.challenge)
        assert (again.status_code, again.json()["code"]) == (403, "challenge_stale")
        assert (await browser.get(other, "/session")).json()["state"] == "bound"

        headers = {"Origin": served.server.origin, "Cookie": browser.cookies}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        signed_out = await one.post("/sign-out", headers=headers)
        assert signed_out.status_code == 303
        # A worker that was not told would go on for the ten seconds that this server keeps records.
        deadline, challenge = time.monotonic() + 8, browser.next_challenge(proved)
        while (
            answer := await browser.refresh(other, challenge)
        ).status_code == 200 and "continue" not in answer.json():
            challenge = browser.next_challenge(answer)
            assert time.monotonic() < deadline, "the other worker was not told"
        assert answer.json()["continue"] is False
        assert (await browser.get(other, "/session")).json()["state"] in {"ended", "signed_out"}
        assert (await bystander.refresh(other, bystander.challenge)).status_code == 200
    # Both workers write what they have seen.
    for kind, outcome in (("sign_out", "ok"), ("dbsc.refresh", "challenge_stale")):
        query = "SELECT COUNT(*) FROM events WHERE kind = ? AND outcome = ?"
        await until(lambda query=query, seen=(kind, outcome): served.server.rows(query, *seen) == [(1,)])
