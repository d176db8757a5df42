"""What a person does about a program that asks for access."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from e2e.support.person import Person

ARRIVED = "You can close this page."
"""What every client of the tests answers a browser with."""


def allow(someone: Person, asked: dict[str, Any]) -> None:
    """Read what is asked and allow it; ends where the program listens."""
    someone.page.goto(asked["open"])
    expect(someone.page.get_by_text(asked["key"])).to_be_visible()
    someone.page.get_by_role("button", name="Allow with passkey").click()
    expect(someone.page.get_by_text(ARRIVED)).to_be_visible()


def decline(someone: Person, asked: dict[str, Any]) -> None:
    """Decline; ends where the program listens."""
    someone.page.goto(asked["open"])
    someone.page.get_by_role("button", name="Decline").click()
    expect(someone.page.get_by_text(ARRIVED)).to_be_visible()


def register_program(someone: Person, name: str) -> str:
    """Register a program of one's own on the account page; returns its client id."""
    page = someone.page
    page.goto(f"{someone.origin}/account")
    page.get_by_label("Name of a new program").fill(name)
    page.get_by_role("button", name="Register program").click()
    expect(page.get_by_text(f"“{name}” is registered.")).to_be_visible()
    row = page.get_by_role("listitem").filter(has=page.get_by_role("button", name=f"Delete {name}", exact=True))
    return row.locator(".mono").first.inner_text()
