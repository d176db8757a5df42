"""Each example application, in real Chromium: sign in, bind, use, steal, sign out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.support.example import GRACE_SECONDS, Example
from e2e.support.person import Person

BOUND, FRESH, NEW = "__Host-dbsc", "__Host-dbsc-fresh", "__Host-dbsc-new"
AGAIN = "One moment: the key must be proved again"


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path, tls_dir: Path) -> Iterator[Example]:
    running = Example(request.param, data=tmp_path, tls=tls_dir)
    yield running
    running.stop()
    said = running.log.read_text()
    assert "Traceback" not in said, said
    assert "ERROR" not in said, said


def heading(page: Page, origin: str) -> str:
    """What somebody sees who goes to the account."""
    page.goto(f"{origin}/account")
    return page.get_by_role("heading").inner_text()


def status_of(example: Example, jar: dict[str, str]) -> int:
    """What a plain program with these cookies is answered, at the same address as everybody else here."""
    cookies = "; ".join(f"{name}={value}" for name, value in jar.items())
    return httpx.get(f"{example.origin}/account", headers={"Cookie": cookies}, verify=example.trust).status_code


@pytest.mark.parametrize("example", ["quart_app", "starlette_app", "fastapi_app"], indirect=True)
def test_stolen_cookies_open_no_account(
    example: Example, person: Callable[..., Person], plain_browser: Browser
) -> None:
    owner, thief = person(at=example), person(at=example, using=plain_browser)
    owner.page.goto(f"{example.origin}/account")
    expect(owner.page).to_have_url(f"{example.origin}/")
    owner.page.get_by_label("Name").fill("alice")
    owner.page.get_by_label("Password").fill("correct horse")
    owner.page.get_by_role("button", name="Sign in").click()
    owner.page.wait_for_url(f"{example.origin}/account")
    (created,) = owner.wait_for_dbsc("creation")
    assert created["succeeded"], created

    owner.page.get_by_role("button", name="Send money").click()
    expect(owner.page.get_by_role("status")).to_have_text("The money is on its way.")
    expect(owner.page.locator(".sum")).to_have_text("€ 1,180")

    # What is left of a jar some seconds after the sign-in.
    owner.context.clear_cookies(name=NEW)
    jar = {str(cookie["name"]): str(cookie["value"]) for cookie in owner.context.cookies()}
    assert {"sid", BOUND, FRESH} <= jar.keys()
    assert status_of(example, {"sid": jar["sid"]}) == 401, "the application's own cookie alone"
    assert status_of(example, {name: value for name, value in jar.items() if name != BOUND}) == 401
    thief.context.add_cookies(owner.context.cookies())
    thief.context.clear_cookies(name=BOUND)
    assert heading(thief.page, example.origin) == AGAIN

    thief.context.add_cookies(owner.context.cookies())
    owner.context.clear_cookies(name=BOUND)
    assert heading(owner.page, example.origin) == "Hello, alice", "the owner proves the key"
    assert owner.dbsc("refresh")[-1]["refreshEventDetails"]["refreshResult"] == "Refreshed"
    time.sleep(GRACE_SECONDS + 0.5)
    assert status_of(example, jar) == 401, "the whole jar"
    assert heading(thief.page, example.origin) == AGAIN
    assert heading(owner.page, example.origin) == "Hello, alice"

    owner.page.get_by_role("button", name="Sign out").click()
    owner.page.wait_for_url(f"{example.origin}/")
    assert status_of(example, jar) == 401
    (ended,) = owner.wait_for_dbsc("termination")
    assert ended["terminationEventDetails"]["deletionReason"] == "StoragePartitionCleared"
    assert [cookie["name"] for cookie in owner.context.cookies()] == []
