"""Real servers over TLS, real Chromium with and without native DBSC, virtual authenticators.

`make e2e HEADED=1` shows the browsers. Traces and screenshots of failed tests are kept under `test-results/`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType

from boundgate.certificates import development_certificate
from boundgate.chromium import dbsc_switches, find_chromium
from boundgate.clock import system_clock
from e2e.support.names import unique
from e2e.support.node import NodeClient
from e2e.support.person import Person
from e2e.support.secrets import Secrets, leaks
from e2e.support.server import Server
from tests.support.services import postgres_url, valkey_url

__all__ = ["postgres_url", "valkey_url"]

ROOT = Path(__file__).parent
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")


@pytest.fixture(scope="session")
def tls_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One development certificate for all servers of the run, so that the browsers can be started once."""
    directory = tmp_path_factory.mktemp("certificate") / "tls"
    development_certificate(directory, clock=system_clock)
    return directory


@pytest.fixture(scope="session")
def spki(tls_dir: Path) -> str:
    """What the browsers are told about that certificate."""
    return development_certificate(tls_dir, clock=system_clock).spki_sha256


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = find_chromium(sys.platform)
    assert path is not None, "no Chromium: `make test` installs it, or set BOUNDGATE_BROWSER"
    return path


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], chromium_path: str, spki: str) -> dict[str, Any]:
    """Chromium's own DBSC, without its signing quota: the `browser` that most tests share."""
    switches = dbsc_switches(spki, sys.platform, root=os.geteuid() == 0, signing_quota=False)
    return browser_type_launch_args | {"executable_path": chromium_path, "args": [*QUIET, *switches]}


@pytest.fixture
def quota_browser(browser_type: BrowserType, browser_type_launch_args: dict[str, Any], spki: str) -> Iterator[Browser]:
    """The same with the quota of six signatures in nine minutes, as people have it, and all six of them left."""
    switches = dbsc_switches(spki, sys.platform, root=os.geteuid() == 0)
    browser = browser_type.launch(**browser_type_launch_args | {"args": [*QUIET, *switches]})
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def plain_browser(browser_type: BrowserType, browser_type_launch_args: dict[str, Any], spki: str) -> Iterator[Browser]:
    """The same Chromium without DBSC."""
    every = dbsc_switches(spki, sys.platform, root=os.geteuid() == 0)
    switches = [switch for switch in every if not switch.startswith("--enable-features=")]
    browser = browser_type.launch(**browser_type_launch_args | {"args": [*QUIET, *switches]})
    yield browser
    browser.close()


@pytest.fixture
def start_server(tmp_path: Path, tls_dir: Path, secrets: Secrets) -> Iterator[Callable[..., Server]]:
    """Starts servers with settings of the test's own; all are stopped afterwards."""
    started: list[Server] = []

    def start(**settings: object) -> Server:
        data_dir = tmp_path / f"data{len(started)}"
        data_dir.mkdir(mode=0o700)
        shutil.copytree(tls_dir, data_dir / "tls")
        server = Server(data_dir, **settings)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.kill()
        assert list(leaks(server, secrets.found)) == [], "a secret that was issued lies where it must not"


@pytest.fixture(scope="session")
def secrets() -> Secrets:
    """Every secret that the run has seen being issued."""
    return Secrets()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, tls_dir: Path) -> Iterator[Server]:
    """The server that tests share; each brings users of its own."""
    data_dir = tmp_path_factory.mktemp("server")
    shutil.copytree(tls_dir, data_dir / "tls")
    shared = Server(data_dir)
    shared.start()
    yield shared
    assert shared.stop() == 0


@pytest.fixture
def person(
    _artifacts_recorder: Any, browser: Browser, server: Server, secrets: Secrets
) -> Iterator[Callable[..., Person]]:
    """Makes people, each with a browser context of their own; what they did is kept where the test fails."""
    contexts: list[BrowserContext] = []

    def make(*, at: Server | None = None, using: Browser | None = None) -> Person:
        context = (using or browser).new_context()
        contexts.append(context)
        _artifacts_recorder.on_did_create_browser_context(context)
        someone = Person(context, (at or server).origin)
        secrets.watch(someone)
        return someone

    yield make
    for context in contexts:
        secrets.add_cookies(context)
        _artifacts_recorder.on_will_close_browser_context(context)
        context.close()


@pytest.fixture
def owner(person: Callable[..., Person], server: Server, request: pytest.FixtureRequest) -> Person:
    """Somebody who has enrolled at the shared server and is bound."""
    someone = person()
    someone.name = unique(request.node.originalname)
    someone.enrol(server.invite(someone.name))
    someone.wait_until("bound")
    return someone


@pytest.fixture
def node(server: Server, secrets: Secrets, tmp_path: Path) -> Iterator[Callable[..., NodeClient]]:
    """Starts JavaScript clients that trust the shared server's certificate; all are stopped afterwards."""
    started: list[NodeClient] = []

    def start(script: str | Path, *arguments: str) -> NodeClient:
        issued = tmp_path / f"issued{len(started)}.jsonl"
        started.append(NodeClient(script, *arguments, ca=server.data_dir / "tls" / "ca.pem", issued=issued))
        return started[-1]

    yield start
    for client in started:
        client.stop()
        for line in client.issued.read_text().splitlines() if client.issued.exists() else ():
            secrets.add_tokens(json.loads(line))


@pytest.fixture(scope="session")
def client_id(server: Server) -> str:
    """A program that an operator has registered at the shared server."""
    return server.command("clients", "add", "Notebook", "--redirect-uri", "http://127.0.0.1/callback").strip()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Three parts, where several processes share the work: in each, browsers are started once. What belongs to no
    directory of its own is one of them, so that the scan for secrets sees all that its server has issued."""
    part = next((part for part in ("extension", "lab") if ROOT / part in item.path.parents), "browsers")
    item.add_marker(pytest.mark.xdist_group(part))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browsers come after everything else, for Playwright keeps a loop running in this thread from then on; the scan
    for secrets comes at the very end, when all of them have been issued."""
    items.sort(key=lambda item: (ROOT in item.path.parents, item.get_closest_marker("last") is not None))
