"""A page in a browser context of its own, and everything that Chromium says about device-bound sessions."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page

WAIT_SECONDS = 30.0
STEP_MS = 10
_FETCH = """
async ([url, options]) => {
  const r = await fetch(url, options).catch(error => ({error: String(error)}));
  return r.error ? {error: r.error}
    : {status: r.status, redirected: r.redirected, url: r.url, text: r.type === 'opaque' ? '' : await r.text()};
}
"""


class Visit:
    """Somebody at a browser."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.events: list[dict[str, Any]] = []
        self._snapshots: list[list[dict[str, Any]]] = []
        self.devtools: CDPSession = context.new_cdp_session(self.page)
        self.devtools.on("Network.deviceBoundSessionEventOccurred", lambda event: self.events.append(event))  # noqa: PLW0108
        self.devtools.on("Network.deviceBoundSessionsAdded", lambda event: self._snapshots.append(event["sessions"]))
        self.devtools.send("Network.enable")
        self.devtools.send("Network.enableDeviceBoundSessions", {"enable": True})

    def goto(self, url: str) -> None:
        """Open a page, as the address bar does."""
        self.page.goto(url, wait_until="load")

    def fetch(self, url: str, **options: Any) -> dict[str, Any]:
        """`fetch` from the page: status, text, or error."""
        found: dict[str, Any] = self.page.evaluate(_FETCH, [url, options])
        return found

    def lose(self, *cookies: str) -> None:
        """Take cookies out of the jar, as their expiry would."""
        for name in cookies:
            self.context.clear_cookies(name=re.compile(f"^{re.escape(name)}$"))

    def jar(self) -> dict[str, str]:
        """Names and values of all cookies."""
        return {str(cookie["name"]): str(cookie["value"]) for cookie in self.context.cookies()}

    def reported(self, kind: str, *, after: int = 0) -> list[dict[str, Any]]:
        """What the browser reported: `creation`, `refresh`, `challenge` or `termination`, each with its `details`."""
        name = f"{kind}EventDetails"
        return [event | {"details": event[name]} for event in self.events[after:] if name in event]

    def wait_for(self, kind: str, count: int = 1, *, after: int = 0) -> list[dict[str, Any]]:
        """Wait until it has reported so many of a kind since event number `after`."""
        deadline = time.monotonic() + WAIT_SECONDS
        while len(found := self.reported(kind, after=after)) < count:
            assert time.monotonic() < deadline, f"{count} of {kind} expected: {self.events[after:]}"
            self.page.wait_for_timeout(STEP_MS)
        return found

    def sessions(self) -> list[dict[str, Any]]:
        """The sessions that the browser keeps now."""
        before = len(self._snapshots)
        self.devtools.send("Network.enableDeviceBoundSessions", {"enable": False})
        self.devtools.send("Network.enableDeviceBoundSessions", {"enable": True})
        deadline = time.monotonic() + WAIT_SECONDS
        while len(self._snapshots) == before:
            assert time.monotonic() < deadline, "no snapshot"
            self.page.wait_for_timeout(STEP_MS)
        return self._snapshots[-1]
