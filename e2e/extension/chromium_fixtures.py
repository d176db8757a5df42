"""Fixtures of Chromium with the extension. Native DBSC is off unless a test asks for it."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType

from boundgate.chromium import dbsc_switches
from e2e.conftest import QUIET
from e2e.extension.chromium import Chromium
from e2e.support.names import unique
from e2e.support.person import BOUND, FRESH, Person
from e2e.support.secrets import Secrets
from e2e.support.server import ROOT, Server


def enrolled(chromium: Chromium, server: Server, name: str) -> Person:
    """Somebody new who has enrolled and is bound, by whichever key."""
    someone = chromium.person(server.origin)
    someone.name = unique(name)
    someone.enrol(server.invite(someone.name))
    someone.wait_until("bound")
    return someone


@pytest.fixture(scope="session")
def chromium_extension(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension as `python -m extension.pack` builds it for a company, with this machine as its site: nobody can
    click on the browser's own permission prompt here."""
    unpacked = tmp_path_factory.mktemp("extension")
    command = ["-m", "extension.pack", "--browser", "chromium", "--unpacked", str(unpacked)]
    subprocess.run([sys.executable, *command, "--hosts", "https://localhost/*"], cwd=ROOT, check=True, timeout=60)
    return unpacked / "chromium"


@pytest.fixture(scope="session")
def new_chromium(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    chromium_extension: Path,
    tmp_path_factory: pytest.TempPathFactory,
    spki: str,
    secrets: Secrets,
) -> Callable[..., Chromium]:
    """Starts browsers with the extension; `native` says whether they speak DBSC themselves as well. Whoever starts one
    closes it."""

    def start(*, native: bool = False, recorder: Any = None) -> Chromium:
        profile = tmp_path_factory.mktemp("profile")
        switches = dbsc_switches(spki, sys.platform, root=os.geteuid() == 0, signing_quota=False)
        kept = [switch for switch in switches if native or not switch.startswith("--enable-features=")]
        load = [f"--disable-extensions-except={chromium_extension}", f"--load-extension={chromium_extension}"]
        options = browser_type_launch_args | {"args": [*QUIET, *kept, *load]}
        launch = functools.partial(browser_type.launch_persistent_context, str(profile), **options)
        return Chromium(launch, profile, recorder, secrets)

    return start


@pytest.fixture
def start_chromium(
    new_chromium: Callable[..., Chromium], _artifacts_recorder: Any
) -> Iterator[Callable[..., Chromium]]:
    """The same for one test, where it fails with evidence; they are closed after it."""
    started: list[Chromium] = []

    def start(*, native: bool = False) -> Chromium:
        started.append(new_chromium(native=native, recorder=_artifacts_recorder))
        return started[-1]

    yield start
    for browser in started:
        browser.close()


@pytest.fixture
def chromium(start_chromium: Callable[..., Chromium]) -> Chromium:
    """Chromium without DBSC of its own, with the extension."""
    return start_chromium()


@pytest.fixture
def bound(chromium: Chromium, server: Server, request: pytest.FixtureRequest) -> Person:
    """Somebody in it who has enrolled at the shared server and is bound by the extension's key."""
    return enrolled(chromium, server, request.node.originalname)


@pytest.fixture
def expire() -> Callable[[Person, float], None]:
    """Shortens the life of both bound credentials in the jar, values untouched."""

    def shorten(someone: Person, seconds: float) -> None:
        expires = time.time() + seconds
        cookies = [cookie for cookie in someone.context.cookies() if cookie["name"] in {BOUND, FRESH}]
        someone.context.add_cookies([cookie | {"expires": expires} for cookie in cookies])

    return shorten
