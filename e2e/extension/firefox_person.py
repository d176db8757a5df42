"""A person at a Firefox, with or without the extension: what `e2e.support.person` does in Chromium."""

from __future__ import annotations

import json
from typing import Any

from e2e.extension.firefox import Firefox
from e2e.extension.installed import Installed
from e2e.support.server import Server

CHOOSE = """
  const list = document.querySelector("#model");
  list.value = arguments[0];
  list.dispatchEvent(new Event("change", {bubbles: true}));
"""
HELLO = {"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hello"}]}


class FirefoxUser:
    """Somebody with a Firefox profile of their own, as it is after its installation.

    Args:
        firefox: the browser, with a virtual authenticator.
        server: whose site it is about.
    """

    def __init__(self, firefox: Firefox, server: Server) -> None:
        self.firefox, self.server, self.origin, self.name = firefox, server, server.origin, ""

    def enrol(self, url: str) -> None:
        """Follow an enrolment link and create a passkey; ends in the playground."""
        self.firefox.open(url)
        self.create_passkey()

    def create_passkey(self) -> None:
        """Of an enrolment link that is open already."""
        self.firefox.click("//button[normalize-space()='Create passkey']")
        self._arrive("/playground")

    def sign_in(self) -> None:
        """Sign in with the passkey; ends in the playground."""
        self.firefox.open(f"{self.origin}/")
        self.firefox.click("//button[normalize-space()='Sign in with passkey']")
        self._arrive("/playground")

    def sign_out(self) -> None:
        """Sign out; ends on the sign-in page."""
        self.firefox.click("//button[normalize-space()='Sign out']")
        self._arrive("/")

    def _arrive(self, path: str) -> None:
        self.firefox.until(
            lambda: self.firefox.url == f"{self.origin}{path}",
            lambda: (
                f"{path} is not reached, but {self.firefox.shown()}; the last answers: {self.firefox.answers()[-8:]}"
            ),
        )

    def session(self) -> dict[str, Any]:
        """`GET /session` from the page."""
        found: dict[str, Any] = json.loads(self.firefox.fetch("/session")["text"])
        return found

    def wait_until(self, state: str) -> dict[str, Any]:
        """Wait until `GET /session` says this state; returns all that it says."""
        self.firefox.until(lambda: self.session()["state"] == state, f"never {state}")
        return self.session()

    def ask(self, prompt: str, *, model: str = "gpt-5.2-mini") -> None:
        """Send a prompt from the playground, without waiting for the answer."""
        # The page fills the list anew when it has asked for the models, so an option is not a thing to press.
        self.firefox.run(CHOOSE, model)
        self.firefox.element("//textarea[@id='prompt']").send_keys(prompt)
        self.firefox.click("//button[@id='send']")

    def expect_answer(self, text: str) -> None:
        """Wait until the answer holds this text."""
        self.firefox.until(lambda: text in self.firefox.element("//*[@id='answer']").text, f"no answer with {text!r}")

    def call(self, **more: Any) -> dict[str, Any]:
        """A chat completion by the page's `fetch`."""
        headers = {"content-type": "application/json"}
        return self.firefox.fetch("/v1/chat/completions", method="POST", headers=headers, body=json.dumps(HELLO | more))

    def expect_no_refusal(self) -> None:
        """No page has been refused anything: not by what the browser saw, and not by what the server recorded."""
        refused = [answer for answer in self.firefox.answers() if answer[2] >= 400 and answer[3] == "page"]
        assert not refused, refused
        self.server.wait_for_records()
        query = """
          SELECT DISTINCT status, decision, c.provenance FROM calls c JOIN users u ON u.id = user_id
          WHERE name = ? AND user_agent LIKE '%Firefox%' AND status != 307
        """
        recorded = set(self.server.rows(query, self.name))
        assert recorded <= {(200, "allow", "software")}, recorded

    def refreshes(self) -> int:
        """How many refreshes the browser got an answer to, whatever it was."""
        return sum(path == "/dbsc/refresh" for _, path, _, _ in self.firefox.answers())


class FirefoxPerson(FirefoxUser):
    """The same with the extension.

    Args:
        firefox, server: as of `FirefoxUser`.
        extension: the extension in that browser.
    """

    def __init__(self, firefox: Firefox, extension: Installed, server: Server) -> None:
        super().__init__(firefox, server)
        self.extension = extension

    def opt_in(self) -> None:
        """Add the site by its address in the page of sites and keys; ends there."""
        self.firefox.open(self.extension.page("options"))
        self.firefox.element("//input[@id='address']").send_keys(self.origin)
        self.firefox.click("//button[@id='add-button']")
        self.firefox.until(lambda: self.extension.allowed() != [], "the permission was not given")
        self.firefox.element(f"//ul[@id='sites']//*[contains(., '{self.origin.partition('//')[2]}')]")

    def opt_out(self) -> None:
        """Remove the site in the page of sites and keys; ends there."""
        self.firefox.open(self.extension.page("options"))
        self.firefox.click("//button[starts-with(normalize-space(), 'Remove site')]")
        self.firefox.click("//button[@id='confirm-yes']")
