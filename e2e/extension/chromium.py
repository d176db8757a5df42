"""Chromium with the unpacked extension in a profile of its own: killed in part, put to sleep, restarted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import BrowserContext, Page, Worker

from e2e.support.person import Person
from e2e.support.secrets import Secrets

WAIT_SECONDS, STEP_MS = 15.0, 25
EXTENSION_PAGE = "src/ui/options.html"

# Everything in the extension's databases; keys are described, for they cannot be read.
_DATABASES = """
async () => {
  const wait = request => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result); request.onerror = () => failed(request.error); });
  const plain = value => value instanceof CryptoKey
    ? {kind: value.type, extractable: value.extractable, usages: value.usages}
    : Array.isArray(value) ? value.map(plain)
    : value && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)])) : value;
  const found = [];
  for (const {name} of await indexedDB.databases()) {
    const database = await wait(indexedDB.open(name));
    for (const store of database.objectStoreNames)
      for (const value of await wait(database.transaction(store).objectStore(store).getAll()))
        found.push({store, value: plain(value)});
    database.close();
  }
  return found;
}
"""
_SEND = "message => chrome.runtime.sendMessage(message)"
_TITLE = """
async url => {
  const [tab] = await chrome.tabs.query({url: url + '/*'});
  return chrome.action.getTitle({tabId: tab.id});
}
"""


class Chromium:
    """One browser of one person.

    Args:
        launch: starts it over its profile.
        profile: the directory of that profile.
        recorder: keeps what it did, where the test fails; None for one that several tests share.
        secrets: what it is given in confidence is added here.
    """

    def __init__(self, launch: Callable[[], BrowserContext], profile: Path, recorder: Any, secrets: Secrets) -> None:
        self._launch, self._profile, self._recorder, self._secrets = launch, profile, recorder, secrets
        self._page: Page | None = None
        self.context = self._open()
        self._welcome()

    def person(self, origin: str) -> Person:
        """Somebody at a new tab, with an authenticator."""
        someone = Person(self.context, origin)
        self._secrets.watch(someone)
        return someone

    def worker(self) -> Worker:
        """The extension's worker; woken where it is gone."""
        if not self.context.service_workers:
            with self.context.expect_event("serviceworker"):
                self._page = None
                self.page()
        return self.context.service_workers[0]

    def page(self) -> Page:
        """A page of the extension, open beside the others."""
        if self._page is None or self._page.is_closed():
            self._page = self.context.new_page()
            self._page.goto(f"chrome-extension://{self.extension_id}/{EXTENSION_PAGE}")
        return self._page

    @property
    def extension_id(self) -> str:
        """As the browser computes it from the manifest's key, or from the directory."""
        workers = self.context.service_workers
        found: str = (workers[0] if workers else self.context.wait_for_event("serviceworker")).url.split("/")[2]
        return found

    def status(self, origin: str) -> dict[str, Any]:
        """What the popup would say about a site."""
        return self.send({"verb": "status", "url": f"{origin}/"})

    def send(self, message: dict[str, Any]) -> dict[str, Any]:
        """What the worker answers to a message of a page of the extension."""
        found: dict[str, Any] = self.page().evaluate(_SEND, message)
        return found

    def wait_for(self, origin: str, state: str) -> dict[str, Any]:
        """Wait until the extension says this state of a site."""
        return self.until(lambda: self.status(origin), lambda status: status["state"] == state)

    def until(self, look: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
        """Look until it is good, and return what was seen."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not good(found := look()):
            assert time.monotonic() < deadline, found
            self.page().wait_for_timeout(STEP_MS)
        return found

    def stored(self) -> list[dict[str, Any]]:
        """Every record of the extension's databases, keys described."""
        found: list[dict[str, Any]] = self.page().evaluate(_DATABASES)
        return found

    def private_keys(self) -> list[dict[str, Any]]:
        """The descriptions of the private keys among them."""
        return [key for record in self.stored() for key in _within(record) if key.get("kind") == "private"]

    def title(self, origin: str) -> str:
        """What the icon says to a screen reader, on the tab that shows this site."""
        found: str = self.worker().evaluate(_TITLE, origin)
        return found

    def stop_worker(self) -> None:
        """Kill the worker, as the browser does after half a minute of rest; the next event wakes it."""
        states: list[str] = []
        devtools = self.context.new_cdp_session(self.page())
        heard = "ServiceWorker.workerVersionUpdated"
        devtools.on(heard, lambda event: states.extend(version["runningStatus"] for version in event["versions"]))
        devtools.send("ServiceWorker.enable")
        devtools.send("ServiceWorker.stopAllWorkers")
        self.until(lambda: states, lambda heard: "stopped" in heard)
        devtools.detach()

    def restart(self) -> None:
        """Close the browser and open it again on the same profile."""
        self.close()
        self._page, self.context = None, self._open()

    def sleep(self, seconds: float) -> None:
        """Stop all its processes for this time, as a computer that is closed does."""
        processes = _family(self._profile)
        for process in processes:
            process.suspend()
        # The world goes on meanwhile: cookies expire by the clock, which nobody can move for a browser.
        time.sleep(seconds)
        for process in reversed(processes):
            process.resume()

    def close(self) -> None:
        """End it in order, so that it writes its profile."""
        self._secrets.add_cookies(self.context)
        if self._recorder is not None:
            self._recorder.on_will_close_browser_context(self.context)
        self.context.close()

    def _welcome(self) -> None:
        # The first-run page comes to the front, where passkeys are then asked for. It serves as the extension's page.
        deadline, anywhere = time.monotonic() + WAIT_SECONDS, self.context.pages[0]
        while not (found := [page for page in self.context.pages if page.url.endswith("/welcome.html")]):
            assert time.monotonic() < deadline, [page.url for page in self.context.pages]
            anywhere.wait_for_timeout(STEP_MS)
        self._page = found[0]

    def _open(self) -> BrowserContext:
        context = self._launch()
        if self._recorder is not None:
            self._recorder.on_did_create_browser_context(context)
        return context


def _within(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _within(part)
    elif isinstance(value, list):
        for part in value:
            yield from _within(part)


def _family(profile: Path) -> list[psutil.Process]:
    """The browser's process and all below it."""
    switch = f"--user-data-dir={profile}"
    named = [process for process in psutil.process_iter(["cmdline"]) if switch in (process.info["cmdline"] or [])]
    root = next(process for process in named if not any("--type=" in word for word in process.info["cmdline"]))
    return [root, *root.children(recursive=True)]
