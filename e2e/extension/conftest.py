"""Browsers with the companion extension in them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.extension.chromium_fixtures import bound, chromium, chromium_extension, expire, new_chromium, start_chromium
from e2e.extension.either import either, other
from e2e.extension.firefox import Firefox
from e2e.extension.firefox_person import FirefoxPerson
from e2e.extension.installed import Installed
from e2e.support.names import unique
from e2e.support.secrets import Secrets
from e2e.support.server import Server
from extension.contents import contents
from extension.pack import write_zip

__all__ = ["bound", "chromium", "chromium_extension", "either", "expire", "new_chromium", "other", "start_chromium"]

_FIREFOX = pytest.StashKey[Firefox]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """What Firefox shows when a test fails is kept."""
    report = yield
    browser = item.stash.get(_FIREFOX, None)
    # Now, while the page is there: fixtures leave it when they go.
    if browser is not None and report.when == "call" and report.failed:
        browser.screenshot(Path(item.config.option.output) / f"{item.name}.firefox.png")
    return report


@pytest.fixture(scope="session")
def firefox_path() -> str:
    path = shutil.which(os.environ.get("BOUNDGATE_FIREFOX", "firefox-esr"))
    assert path is not None, "no Firefox: `make test` installs it, or set BOUNDGATE_FIREFOX"
    return path


@pytest.fixture(scope="session")
def firefox_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension as the store gets it: no site is allowed from the start."""
    package = tmp_path_factory.mktemp("packed") / "extension.xpi"
    write_zip(contents("firefox"), package)
    return package


@pytest.fixture(scope="session")
def firefox_process(firefox_path: str, tls_dir: Path) -> Iterator[Firefox]:
    """The one that tests share; `firefox` hands it out swept."""
    browser = Firefox(firefox_path, tls_dir / "ca.pem")
    yield browser
    browser.quit()


@pytest.fixture
def firefox(firefox_process: Firefox, request: pytest.FixtureRequest) -> Firefox:
    """A Firefox without a past, and with an authenticator."""
    firefox_process.reset()
    firefox_process.new_authenticator()
    request.node.stash[_FIREFOX] = firefox_process
    return firefox_process


@pytest.fixture
def extension(firefox: Firefox, firefox_package: Path) -> Iterator[Installed]:
    """The extension, newly installed: no site is on."""
    extension_id = firefox.install(firefox_package)
    firefox.until(lambda: firefox.tabs > 1, "the first-run page does not open")
    firefox.close_others()
    yield Installed(firefox, extension_id)
    firefox.uninstall(extension_id)


@pytest.fixture
def firefox_visitor(
    firefox: Firefox, extension: Installed, secrets: Secrets, request: pytest.FixtureRequest
) -> Iterator[Callable[[Server], FirefoxPerson]]:
    """Makes somebody who has switched a server's site on, and has not signed in yet."""

    def make(server: Server) -> FirefoxPerson:
        someone = FirefoxPerson(firefox, extension, server)
        someone.name = unique(request.node.originalname)
        someone.opt_in()
        firefox.open("about:blank")
        return someone

    yield make
    secrets.add_jar(firefox.cookies().values())


@pytest.fixture
def visitor(firefox_visitor: Callable[[Server], FirefoxPerson], server: Server) -> FirefoxPerson:
    """The same, of the shared server."""
    return firefox_visitor(server)


@pytest.fixture
def bound_firefox(visitor: FirefoxPerson) -> FirefoxPerson:
    """The same, enrolled and bound by the extension's key."""
    visitor.enrol(visitor.server.invite(visitor.name))
    visitor.wait_until("bound")
    return visitor
