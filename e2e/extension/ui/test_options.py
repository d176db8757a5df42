"""The options page: every site with its keys, and what can be done about them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.extension.ui.stubbed import HOST, ORIGIN, STATES, THUMBPRINT, Pages, session, status

LONG = "a-very-long-name-without-any-place-to-break-it.models.of-the-department.example-university.example"


def other_sites() -> list[dict[str, object]]:
    """Sites in several states, one of them with two keys and one with a long name."""
    whole = session(2, nextRenewal=None, scope={"origin": "https://example.com", "includeSite": True})
    named = {state: {"origin": f"https://{state}.example.org", "host": f"{state}.example.org"} for state in STATES}
    long = {"origin": f"https://{LONG}", "host": LONG}
    return [
        status("bound", sessions=[session(), whole]),
        status("off", permitted=True, **named["off"]),
        *(status(state, **named[state]) for state in ("none", "native", "ended")),
        status("unreachable", **long),
    ]


@pytest.mark.parametrize("width", [320, 1120])
def test_the_options_page_shows_every_site_with_its_keys(
    width: int, pages: Pages, keep: Callable[[Page, str], None]
) -> None:
    pages.tell(*other_sites())
    page = pages.open("options")
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.get_by_role("listitem")).to_have_count(6)
    expect(page.get_by_role("heading", level=3, name=HOST, exact=True)).to_be_visible()
    page.locator("summary").first.click()
    expect(page.get_by_text(THUMBPRINT, exact=True).first).to_be_visible()
    keep(page, f"options-{width}")


def test_what_was_opened_and_focused_stays_so_when_something_changes(english: Pages) -> None:
    english.tell(status("bound"))
    page = english.open("options")
    summary = page.locator("summary")
    summary.click()
    button = page.get_by_role("button", name=f"Remove site, {HOST}")
    button.focus()
    english.announce(status("unreachable"))
    expect(page.get_by_text("Renewal is failing")).to_be_visible()
    expect(page.get_by_text(THUMBPRINT, exact=True)).to_be_visible()
    expect(button).to_be_focused()


def test_a_key_can_be_renewed_and_forgotten_by_keyboard(english: Pages) -> None:
    english.tell(status("unreachable"))
    page, keys = (found := english.open("options")), found.keyboard
    said = page.get_by_role("status")
    page.get_by_role("button", name=f"Renew now, {HOST}").press("Enter")
    expect(said).to_have_text(f"Renewed for {HOST}.")
    forget = page.get_by_role("button", name=f"Forget key, {HOST}")
    forget.press("Enter")
    dialog = page.get_by_role("dialog", name=f"Forget the key for {HOST}?")
    expect(dialog).to_contain_text("You will have to sign in to the site again.")
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    expect(forget).to_be_focused()
    assert english.asked("forget") == []
    keys.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(said).to_have_text(f"Key for {HOST} deleted.")
    assert english.asked("forget") == [{"verb": "forget", "origin": ORIGIN, "sessionId": "session-1"}]
    expect(page.get_by_role("heading", name="Your sites")).to_be_focused()


def test_a_site_is_removed_with_its_permission(pages: Pages, keep: Callable[[Page, str], None]) -> None:
    pages.tell(status("bound"))
    page = pages.open("options")
    page.locator("[data-mark^='remove']").click()
    keep(page, "options-dialog")
    page.get_by_role("dialog").get_by_role("button").last.click()
    expect(page.get_by_role("status")).to_have_text(re.compile(rf"^{HOST} (removed|entfernt)\.$"))
    assert pages.asked("disable") == [{"verb": "disable", "origin": ORIGIN}]
    assert page.evaluate("() => removals") == [{"origins": [f"{ORIGIN}/*"]}]
    expect(page.locator("#empty")).to_be_visible()


def test_a_site_of_an_organisation_is_switched_off_and_stays_listed(english: Pages) -> None:
    english.tell(status("bound"))
    page = english.open("options", managed=True)
    page.get_by_role("button", name=f"Remove site, {HOST}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove site").click()
    expect(page.get_by_role("status")).to_have_text(f"Switched off for {HOST}.")
    page.get_by_role("button", name=f"Switch on, {HOST}").click()
    expect(page.get_by_role("status")).to_have_text(f"Switched on for {HOST}.")
    expect(page.get_by_text("On, no key yet")).to_be_visible()


def test_a_permission_that_another_port_needs_is_kept(english: Pages) -> None:
    other = {"origin": f"{ORIGIN}:8443", "host": f"{HOST}:8443"}
    english.tell(status("bound"), status("none", **other))
    page = english.open("options")
    page.get_by_role("button", name=f"Remove site, {HOST}", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove site").click()
    expect(page.get_by_role("status")).to_have_text(f"Switched off for {HOST}.")
    assert page.evaluate("() => removals") == []


def test_a_site_is_added_by_its_address(pages: Pages, keep: Callable[[Page, str], None]) -> None:
    page = pages.open("options")
    keep(page, "options-empty")
    field = page.get_by_role("textbox")
    field.fill("http://ai.example.com")
    field.press("Enter")
    expect(page.locator("#address-problem")).to_contain_text("https")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    keep(page, "options-problem")
    field.fill("ai.example.com/chat")
    expect(page.locator("#address-problem")).to_be_empty()
    field.press("Enter")
    expect(page.get_by_role("heading", level=3, name=HOST)).to_be_visible()
    expect(field).to_have_value("")
    [request] = page.evaluate("() => requests")
    assert request["origins"] == [f"{ORIGIN}/*"]
    assert request["during"] in {"click", "submit"}


def test_a_site_that_the_browser_refuses_is_not_added(english: Pages) -> None:
    page = english.open("options", grant=False)
    page.get_by_role("textbox", name="Address of the site").fill(HOST)
    page.get_by_role("button", name="Add site").click()
    expect(page.get_by_role("status")).to_have_text("The browser did not give the permission, so nothing was changed.")
    assert english.asked("enable", "disable")[-1]["verb"] == "disable"
    expect(page.get_by_role("textbox")).to_have_value(HOST)
