"""What tests do alike in Firefox and in Chromium: pages in which anybody's script runs, the jar, the keys."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Page

from e2e.extension.chromium import EXTENSION_PAGE, Chromium
from e2e.extension.firefox import Firefox
from e2e.extension.firefox_person import FirefoxPerson
from e2e.extension.independent_server import IndependentServer, independent_server
from e2e.extension.installed import Installed

_NUMBERS = itertools.count(1)
# The script is the page's own, as injected script is: neither the driver's sandbox nor its rights are in it.
_ADD = """
([source, mark]) => {
  const script = document.createElement('script');
  script.textContent = `(${source})().then(
    found => document.documentElement.setAttribute('${mark}', JSON.stringify(found ?? null)),
    error => document.documentElement.setAttribute('${mark}', JSON.stringify({error: String(error)})));`;
  document.documentElement.append(script);
}
"""


class Either(Protocol):
    """One of the two browsers, with the extension, on whose sites localhost is switched on."""

    extension: str
    """The origin of the extension's pages."""

    def open(self, url: str) -> None:
        """Go to a page and wait until it is loaded."""

    def text(self) -> str:
        """What the page says."""

    def script(self, source: str) -> Any:
        """Run an async function as script of the page, and return what it returned."""

    def lose(self, cookie: str) -> None:
        """Take a cookie out of the jar."""

    def keys(self) -> int:
        """How many private keys the extension keeps."""

    def status(self, origin: str) -> dict[str, Any]:
        """What the extension says about a site."""

    def until(self, condition: Any) -> Any:
        """Wait until this is truthy, and return it."""


class InChromium:
    """Chromium without DBSC of its own."""

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium
        self._page: Page = chromium.context.new_page()
        self.extension = f"chrome-extension://{chromium.extension_id}"

    def open(self, url: str) -> None:
        self._page.goto(url)

    def text(self) -> str:
        return self._page.inner_text("body")

    def script(self, source: str) -> Any:
        mark = f"data-found-{next(_NUMBERS)}"
        self._page.evaluate(_ADD, [source, mark])
        self._page.wait_for_selector(f"html[{mark}]", state="attached")
        return json.loads(self._page.locator("html").get_attribute(mark) or "")

    def lose(self, cookie: str) -> None:
        self._chromium.context.clear_cookies(name=cookie)

    def keys(self) -> int:
        return len(self._chromium.private_keys())

    def status(self, origin: str) -> dict[str, Any]:
        return self._chromium.status(origin)

    def until(self, condition: Any) -> Any:
        return self._chromium.until(condition, bool)


class InFirefox:
    """Firefox."""

    def __init__(self, firefox: Firefox, installed: Installed) -> None:
        self._firefox, self._installed = firefox, installed
        self.extension = installed.page("options").removesuffix(f"/{EXTENSION_PAGE}")

    def open(self, url: str) -> None:
        self._firefox.open(url)

    def text(self) -> str:
        return str(self._firefox.run("return document.body.innerText"))

    def script(self, source: str) -> Any:
        mark = f"data-found-{next(_NUMBERS)}"
        self._firefox.run(f"({_ADD})(arguments)", source, mark)
        read = f"return document.documentElement.getAttribute('{mark}')"
        return json.loads(self._firefox.until(lambda: self._firefox.run(read), "the page's script did not end"))

    def lose(self, cookie: str) -> None:
        self._firefox.delete_cookie(cookie)

    def keys(self) -> int:
        return self._installed.stored()["keys"]

    def status(self, origin: str) -> dict[str, Any]:
        found: dict[str, Any] = self._installed.ask("status", url=f"{origin}/")
        return found

    def until(self, condition: Any) -> Any:
        return self._firefox.until(condition)


@pytest.fixture
def other(tls_dir: Path) -> Iterator[IndependentServer]:
    """A DBSC server that is not ours."""
    with independent_server(tls_dir / "cert.pem", tls_dir / "key.pem") as running:
        yield running


@pytest.fixture(params=["firefox", "chromium"])
def either(request: pytest.FixtureRequest, other: IndependentServer) -> Either:
    """Each of the two browsers, with the extension switched on for the sites of this machine."""
    if request.param == "chromium":
        return InChromium(request.getfixturevalue("chromium"))
    firefox, installed = request.getfixturevalue("firefox"), request.getfixturevalue("extension")
    FirefoxPerson(firefox, installed, other).opt_in()
    return InFirefox(firefox, installed)
