"""The popup as people meet it: at a glance, by keyboard, by ear, in both themes and both languages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.extension.ui.checks import bottom, focus_is_seen, top
from e2e.extension.ui.stubbed import HOST, ORIGIN, STATES, Pages, session, status

GLANCE = {
    "en": {
        "off": ("Off on this site", None),
        "none": ("On, no key yet", "No key"),
        "waiting": ("Setting up a key", None),
        "bound": ("Bound", "Software key"),
        "unreachable": ("Renewal is failing", "Software key"),
        "native": ("Left to the browser", "The browser\u2019s own key"),
        "taken": ("Another key was first", None),
        "ended": ("No longer bound", "No key"),
    },
    "de": {
        "off": ("Auf dieser Website aus", None),
        "none": ("Ein, noch kein Schlüssel", "Kein Schlüssel"),
        "waiting": ("Schlüssel wird eingerichtet", None),
        "bound": ("Gebunden", "Softwareschlüssel"),
        "unreachable": ("Erneuerung gestört", "Softwareschlüssel"),
        "native": ("Dem Browser überlassen", "Eigener Schlüssel des Browsers"),
        "taken": ("Ein anderer Schlüssel war zuerst da", None),
        "ended": ("Nicht mehr gebunden", "Kein Schlüssel"),
    },
}


@pytest.mark.parametrize("state", STATES)
def test_one_glance_at_the_popup_says_how_the_site_is(
    state: str, pages: Pages, keep: Callable[[Page, str], None]
) -> None:
    pages.tell(status(state))
    page = pages.open("popup")
    headline, key = GLANCE[page.evaluate("() => document.documentElement.lang")][state]
    expect(page.get_by_role("heading", level=1)).to_have_text(headline)
    expect(page.get_by_role("status")).to_contain_text(headline)
    expect(page.get_by_text(HOST, exact=True)).to_be_visible()
    expect(page.locator("#key")).to_have_text(key) if key else expect(page.locator("#key")).to_be_hidden()
    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", str(state != "off").lower())
    keep(page, f"popup-{state}")
    assert bottom(page, "body") <= 600, "browsers cut a popup off there"
    assert bottom(page, ".disc-4") <= top(page, "h1"), "the headline is written over the lock"


def test_a_bound_site_says_since_when_and_until_when_and_what_a_software_key_is_not(english: Pages) -> None:
    english.tell(status("bound"))
    page = english.open("popup")
    facts = page.locator("#facts")
    expect(facts).to_contain_text(re.compile(r"Since.*2 hr\. ago"))
    expect(facts).to_contain_text(re.compile(r"Last renewal.*1 min\. ago"))
    expect(facts).to_contain_text(re.compile(r"Next renewal.*in 3 min\."))
    expect(
        page.get_by_text("A software key is not hardware: a program that can read your browser profile")
    ).to_be_visible()
    english.announce(status("bound", sessions=[session(nextRenewal=None), session(2, lastRenewal=None)]))
    expect(facts).to_contain_text(re.compile(r"Next renewal\s*when the site is used"))
    expect(page.get_by_text("2 keys here; the newest is shown.")).to_be_visible()


def test_the_popup_follows_what_happens(english: Pages) -> None:
    english.tell(status("waiting"))
    page = english.open("popup")
    english.announce(status("bound"))
    expect(page.get_by_role("status")).to_contain_text("Bound")
    english.announce(status("ended"))
    expect(page.get_by_role("status")).to_contain_text("No longer bound")
    expect(page.locator("#facts")).to_be_hidden()
    expect(page.locator("#note")).to_contain_text("You signed out, or the site ended your session. SignedOut")


def test_the_switch_asks_for_this_host_in_the_very_press(english: Pages) -> None:
    page = english.open("popup")
    switch = page.get_by_role("switch", name="Keep this site bound")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(page.get_by_role("status")).to_contain_text("On, no key yet")
    assert page.evaluate("() => requests") == [{"origins": [f"{ORIGIN}/*"], "during": "click"}]
    assert {message["origin"] for message in english.asked("enable")} == {ORIGIN}
    assert english.asked("disable") == []


def test_a_refused_permission_changes_nothing_and_is_said(english: Pages) -> None:
    page = english.open("popup", grant=False)
    switch = page.get_by_role("switch")
    switch.click()
    expect(page.get_by_role("alert")).to_have_text("The browser did not give the permission, so nothing was changed.")
    expect(switch).to_have_attribute("aria-checked", "false")
    assert english.asked("enable", "disable")[-1] == {"verb": "disable", "origin": ORIGIN}


def test_a_key_is_not_lost_by_one_press(pages: Pages, keep: Callable[[Page, str], None]) -> None:
    pages.tell(status("bound"))
    page = pages.open("popup")
    switch = page.get_by_role("switch")
    switch.click()
    keep(page, "popup-confirm")
    page.locator("#keep").click()
    expect(switch).to_have_attribute("aria-checked", "true")
    assert pages.asked("disable") == []


def test_a_keyboard_is_enough_for_the_popup(english: Pages) -> None:
    english.tell(status("bound"))
    page, keys = (found := english.open("popup")), found.keyboard
    switch = page.get_by_role("switch")
    keys.press("Tab")
    expect(switch).to_be_focused()
    assert focus_is_seen(page)
    keys.press("Space")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    keys.press("Tab")
    assert focus_is_seen(page)
    keys.press("Enter")
    expect(switch).to_be_focused()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert page.evaluate("() => removals") == [{"origins": [f"{ORIGIN}/*"]}]
    keys.press("Enter")
    expect(switch).to_have_attribute("aria-checked", "true")


@pytest.mark.parametrize(
    "tab",
    [
        {"url": "chrome://version/"},
        {"url": "http://ai.example.com/"},
        {},
        {"url": f"{ORIGIN}/", "incognito": True},
        {"url": f"{ORIGIN}/", "cookieStoreId": "firefox-container-1"},
    ],
    ids=["browser-page", "http", "unknown", "private", "container"],
)
def test_where_the_extension_has_no_business_it_says_so(tab: dict[str, object], english: Pages) -> None:
    english.tell(status("bound"))
    page = english.open("popup", tab=tab)
    expect(page.get_by_role("status")).to_contain_text("Not for this page")
    expect(page.get_by_role("switch")).to_be_hidden()
    assert english.asked("status") == []


def test_a_permission_that_was_taken_away_can_be_given_again(english: Pages, keep: Callable[[Page, str], None]) -> None:
    english.tell(status("off", enabled=True, permitted=False))
    page = english.open("popup")
    expect(page.get_by_role("status")).to_contain_text("Permission is missing")
    keep(page, "popup-unpermitted")
    page.get_by_role("switch").click()
    expect(page.get_by_role("status")).to_contain_text("On, no key yet")


def test_a_registration_that_failed_says_why(english: Pages) -> None:
    english.tell(status("none", note={"code": "MissingScope", "at": 0}))
    page = english.open("popup")
    expect(page.get_by_role("status")).to_contain_text("A key could not be set up")
    expect(page.locator("#note")).to_contain_text("instructions do not follow the standard. MissingScope")


def test_a_renewal_can_be_tried_again(english: Pages) -> None:
    english.tell(status("unreachable"))
    page = english.open("popup")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("status")).to_contain_text("Bound")
    assert english.asked("renew") == [{"verb": "renew", "origin": ORIGIN}]


def test_a_background_that_does_not_answer_is_no_claim(pages: Pages) -> None:
    pages.tell(status("bound"), silent=True)
    popup = pages.open("popup")
    expect(popup.get_by_role("heading", level=1)).to_have_text(re.compile("No answer|Keine Antwort"))
    expect(popup.get_by_role("switch")).to_be_hidden()
    expect(pages.open("options").get_by_role("alert").first).to_be_visible()


def test_turning_discs_rest_for_whom_motion_is_too_much(english: Pages) -> None:
    english.tell(status("waiting"))
    page = english.open("popup")
    moving = "() => getComputedStyle(document.querySelector('.disc-1')).animationName"
    assert page.evaluate(moving) == "turn"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == "none"
