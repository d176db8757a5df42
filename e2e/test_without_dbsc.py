"""The same Chromium without DBSC: sign-in works, paid calls do not, and the page says what to do."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import Browser, expect

from e2e.support.person import Person
from e2e.support.server import Server


def test_sign_in_works_and_the_gateway_says_that_binding_is_required(
    start_server: Callable[..., Server], person: Callable[..., Person], plain_browser: Browser
) -> None:
    server = start_server(registration_seconds=10)
    someone = person(at=server, using=plain_browser)
    someone.enrol(server.invite("plain"))
    badge = someone.page.get_by_role("status", name="Session")
    expect(badge).to_have_text("Not bound", timeout=20_000)
    expect(someone.page.locator("#session-meaning")).to_contain_text("Device Bound Session Credentials")
    expect(someone.page.locator("#session-meaning")).to_contain_text("Boundgate extension")
    someone.ask("hello")
    expect(someone.page.get_by_role("alert")).to_be_visible()
    answer = someone.call({"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hello"}]})
    assert (answer["status"], json.loads(answer["text"])["error"]["code"]) == (401, "binding_required")
    someone.sign_out()
    someone.sign_in()
