"""A person at a real browser: a context, a page, a virtual authenticator, and what the browser says about DBSC."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, expect

LOGIN, BOUND, FRESH = "__Host-bg-login", "__Host-bg-bound", "__Host-bg-fresh"
OUTSIDE = "__Host-bg-outside"
SHORT_MS = 10_000


class Person:
    """Somebody with a browser profile of their own.

    Args:
        context: an ordinary browser context.
        origin: the server's.
    """

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context, self.origin, self.name = context, origin, ""
        self.page: Page = context.new_page()
        self.dbsc_events: list[dict[str, Any]] = []
        self.devtools: CDPSession = context.new_cdp_session(self.page)
        self.devtools.on("Network.deviceBoundSessionEventOccurred", lambda event: self.dbsc_events.append(event))  # noqa: PLW0108
        self.devtools.send("Network.enable")
        self.devtools.send("Network.enableDeviceBoundSessions", {"enable": True})
        self.devtools.send("WebAuthn.enable", {"enableUI": False})
        self.authenticator = self.add_authenticator("internal")

    def enrol(self, url: str) -> None:
        """Follow an enrolment link and create a passkey; ends in the playground."""
        self.page.goto(url)
        self.page.get_by_role("button", name="Create passkey").click()
        self.page.wait_for_url(f"{self.origin}/playground")

    def sign_in(self) -> None:
        """Sign in with the passkey; ends in the playground."""
        self.page.goto(f"{self.origin}/")
        self.page.get_by_role("button", name="Sign in with passkey").click()
        self.page.wait_for_url(f"{self.origin}/playground")

    def sign_out(self) -> None:
        """Sign out; ends on the sign-in page."""
        self.page.get_by_role("button", name="Sign out").click()
        self.page.wait_for_url(f"{self.origin}/")

    def wait_until(self, state: str) -> dict[str, Any]:
        """Wait until `GET /session` says this state; returns all that it says."""
        # `wait_for_function` takes the promise of an answer for a yes.
        deadline = time.monotonic() + SHORT_MS / 1000
        while (found := self.session())["state"] != state:
            assert time.monotonic() < deadline, found
            self.page.wait_for_timeout(50)
        return found

    def session(self) -> dict[str, Any]:
        """`GET /session` from the page."""
        found: dict[str, Any] = self.page.evaluate("async () => (await fetch('/session')).json()")
        return found

    def ask(self, prompt: str, *, model: str = "gpt-5.2-mini") -> None:
        """Send a prompt from the playground, without waiting for the answer."""
        self.page.get_by_label("Model").select_option(model)
        self.page.get_by_label("Prompt").fill(prompt)
        self.page.get_by_role("button", name="Send", exact=True).click()

    def expect_answer(self, text: str) -> None:
        """Wait until the answer holds this text."""
        expect(self.page.get_by_label("Answer", exact=True)).to_contain_text(text, timeout=SHORT_MS)

    def call(self, body: dict[str, Any]) -> dict[str, Any]:
        """A chat completion by fetch from the page: status, headers, text."""
        found: dict[str, Any] = self.page.evaluate(
            """async body => {
              const r = await fetch('/v1/chat/completions', {method: 'POST', body: JSON.stringify(body),
                headers: {'content-type': 'application/json'}});
              return {status: r.status, headers: Object.fromEntries(r.headers), text: await r.text()};
            }""",
            body,
        )
        return found

    def cookie(self, name: str) -> dict[str, Any] | None:
        """A cookie of the jar."""
        return next((dict(cookie) for cookie in self.context.cookies() if cookie["name"] == name), None)

    def delete_cookie(self, name: str) -> None:
        """Take a cookie out of the jar, as expiry would."""
        self.context.clear_cookies(name=re.compile(re.escape(name)))

    def dbsc(self, kind: str) -> list[dict[str, Any]]:
        """What the browser reported: `creation`, `refresh`, `challenge` or `termination`."""
        return [event for event in self.dbsc_events if f"{kind}EventDetails" in event]

    def wait_for_dbsc(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until the browser has reported so many of a kind."""
        for _ in range(100):
            if len(self.dbsc(kind)) >= count:
                break
            self.page.wait_for_timeout(100)
        found = self.dbsc(kind)
        assert len(found) >= count, self.dbsc_events
        return found

    def add_authenticator(self, transport: str) -> str:
        """Give the page one more virtual authenticator; returns its id."""
        options = {
            "protocol": "ctap2",
            "ctap2Version": "ctap2_1",
            "transport": transport,
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        added = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return str(added["authenticatorId"])
