"""The laboratory: any host of `.test` on this machine, a server that does what it is told, and real Chromium."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType

from boundgate.chromium import dbsc_switches
from e2e.conftest import QUIET
from e2e.lab.boundgate import NamedServer
from e2e.lab.certificate import LabCertificate, lab_certificate
from e2e.lab.site import Site
from e2e.lab.stub import Stub, running_stub
from e2e.lab.visit import Visit
from e2e.support.secrets import Secrets, leaks

_NUMBERS = itertools.count(1)
HOSTS = "--host-resolver-rules=MAP *.test 127.0.0.1"


@pytest.fixture(scope="session")
def lab_files(tmp_path_factory: pytest.TempPathFactory) -> LabCertificate:
    return lab_certificate(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="session")
def stub(lab_files: LabCertificate) -> Iterator[Stub]:
    """The one server behind all hosts of the laboratory."""
    with running_stub(lab_files) as running:
        yield running


@pytest.fixture(scope="session")
def lab_switches(lab_files: LabCertificate, spki: str) -> Callable[..., list[str]]:
    """Switches for a browser that knows the laboratory, and Boundgate's own servers."""

    def make(*, signing_quota: bool) -> list[str]:
        both = f"{spki},{lab_files.spki}"
        return [*QUIET, HOSTS, *dbsc_switches(both, sys.platform, root=os.geteuid() == 0, signing_quota=signing_quota)]

    return make


@pytest.fixture(scope="session")
def lab_browser(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], lab_switches: Callable[..., list[str]]
) -> Iterator[Browser]:
    """The browser that the laboratory's tests share, without signing quota."""
    browser = browser_type.launch(**browser_type_launch_args | {"args": lab_switches(signing_quota=False)})
    yield browser
    browser.close()


@pytest.fixture
def lab_quota_browser(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], lab_switches: Callable[..., list[str]]
) -> Iterator[Browser]:
    """One with the quota, all of it left."""
    browser = browser_type.launch(**browser_type_launch_args | {"args": lab_switches(signing_quota=True)})
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def boundgate(
    tmp_path_factory: pytest.TempPathFactory, lab_files: LabCertificate, secrets: Secrets
) -> Iterator[Callable[..., NamedServer]]:
    """Starts real servers at `app.` of sites of their own, with settings of the test's own."""
    started: list[NamedServer] = []

    def start(**settings: object) -> NamedServer:
        server = NamedServer(tmp_path_factory.mktemp("named"), f"app.x{next(_NUMBERS)}.test", lab_files, **settings)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.kill()
        assert list(leaks(server, secrets.found)) == [], "a secret that was issued lies where it must not"


@pytest.fixture(scope="session")
def named(boundgate: Callable[..., NamedServer]) -> NamedServer:
    """The one that tests share; each brings users of its own."""
    return boundgate()


@pytest.fixture
def visits(_artifacts_recorder: Any, lab_browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Makes visits, each in a context of its own."""
    contexts: list[BrowserContext] = []

    def make(*, using: Browser | None = None) -> Visit:
        context = (using or lab_browser).new_context()
        contexts.append(context)
        _artifacts_recorder.on_did_create_browser_context(context)
        return Visit(context)

    yield make
    for context in contexts:
        _artifacts_recorder.on_will_close_browser_context(context)
        context.close()


@pytest.fixture
def visit(visits: Callable[..., Visit]) -> Visit:
    """The one visit of most tests."""
    return visits()


@pytest.fixture
def quota_visit(lab_quota_browser: Browser, visits: Callable[..., Visit]) -> Visit:
    """A visit with the browser's signing quota, all of it left."""
    return visits(using=lab_quota_browser)


@pytest.fixture
def site(stub: Stub) -> Site:
    """A registrable domain that no other test uses."""
    return Site(stub, f"x{next(_NUMBERS)}.test")
