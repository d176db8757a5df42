"""The pages as people meet them: narrow screens, keyboards, refusals in words, a server that is gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from e2e.support.foreign import foreign_pages
from e2e.support.person import Person
from e2e.support.server import Server

NARROW = {"width": 320, "height": 640}
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
NAMES = {
    "/": [("button", "Sign in with passkey"), ("textbox", "Name")],
    "/enrol": [("heading", "Create your passkey"), ("link", "Sign in")],
    "/playground": [("combobox", "Model"), ("textbox", "Prompt"), ("button", "Send"), ("button", "Sign out")],
    "/account": [("button", "Add passkey"), ("textbox", "Name for a new passkey"), ("button", "Sign out")],
    "/nowhere": [("heading", "There is no such page"), ("link", "Back to Boundgate")],
}


def complaints(page: Page) -> list[str]:
    """Collects what the console says from now on, violations of the policy included; refused requests aside."""
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            found.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.mark.parametrize("path", NAMES)
def test_every_page_fits_a_narrow_screen_names_its_controls_and_complains_of_nothing(
    path: str, owner: Person, person: Callable[..., Person]
) -> None:
    page = (person() if path in {"/", "/enrol"} else owner).page
    said = complaints(page)
    page.set_viewport_size(NARROW)
    page.goto(owner.origin + path)
    for role, name in NAMES[path]:
        expect(page.get_by_role(role, name=name, exact=True)).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate("() => document.querySelectorAll('h1').length") == 1
    assert said == []


def test_a_keyboard_is_enough(owner: Person) -> None:
    page, keys = owner.page, owner.page.keyboard
    owner.sign_out()
    expect(page.get_by_role("button", name="Sign in with passkey")).to_be_enabled()
    keys.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    keys.press("Enter")
    keys.press("Tab")
    expect(page.get_by_role("button", name="Sign in with passkey")).to_be_focused()
    keys.press("Enter")
    page.wait_for_url(f"{owner.origin}/playground")
    owner.wait_until("bound")
    page.get_by_label("Model").focus()
    keys.press("Tab")
    expect(page.get_by_label("Prompt")).to_be_focused()
    keys.type("What is a nonce?")
    keys.press("Control+Enter")
    owner.expect_answer("nonce")


def test_the_cost_follows_a_call_without_a_reload(owner: Person) -> None:
    cost = owner.page.locator("#cost")
    expect(cost).to_have_text("$0.00")
    owner.ask("What is a nonce?")
    expect(cost).to_have_text("$0.000143")


def test_stop_keeps_what_has_arrived_and_says_what_it_may_cost(owner: Person) -> None:
    owner.ask("stream 200 chunks")
    owner.expect_answer("chunk 3 of 200")
    owner.page.get_by_role("button", name="Stop").click()
    expect(owner.page.get_by_text("Stopped. What the model had written")).to_be_visible()
    answer = owner.page.get_by_label("Answer", exact=True)
    expect(answer).to_have_attribute("aria-busy", "false")
    expect(answer).to_contain_text("chunk 3 of 200")
    expect(owner.page.get_by_role("button", name="Stop")).to_be_hidden()


def test_a_premium_model_is_refused_in_words_with_the_way_out(owner: Person) -> None:
    owner.ask("hello", model="gpt-5.2")
    alert = owner.page.get_by_role("alert")
    expect(alert).to_contain_text("needs a passkey confirmation")
    expect(alert).to_contain_text("Choose a standard model.")


def test_a_second_passkey_is_added_and_removed(owner: Person) -> None:
    page = owner.page
    # The first device already holds one, and says so; the second passkey goes to another.
    owner.add_authenticator("usb")
    page.goto(f"{owner.origin}/account")
    page.get_by_label("Name for a new passkey").fill("Key <b>two</b>")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_text("Passkey added.")).to_be_visible()
    page.get_by_role("button", name="Remove Key <b>two</b>").click()
    expect(page.get_by_text("Passkey “Key <b>two</b>” removed.")).to_be_visible()
    expect(page.get_by_role("button", name="Remove")).to_be_disabled()


def test_a_recovered_user_is_told_at_every_step(owner: Person, person: Callable[..., Person], server: Server) -> None:
    link = server.command("users", "recover", owner.name).strip()
    owner.ask("hello")
    alert = owner.page.get_by_role("alert")
    expect(alert).to_contain_text("This session has ended.")
    alert.get_by_role("link", name="Sign in again").click()
    owner.page.wait_for_url(f"{owner.origin}/")
    owner.page.get_by_role("button", name="Sign in with passkey").click()
    expect(owner.page.get_by_role("alert")).to_contain_text("not registered here")
    again = person()
    again.page.goto(link)
    expect(again.page.get_by_role("heading", name="Recover your access")).to_be_visible()
    again.page.get_by_role("button", name="Create passkey").click()
    again.page.wait_for_url(f"{again.origin}/playground")
    again.page.goto(f"{again.origin}/account")
    expect(again.page.get_by_text("An operator recovered this account")).to_be_visible()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["cross-site", "sibling"])
def test_a_refused_form_of_another_origin_is_explained(
    host: str, owner: Person, person: Callable[..., Person], tls_dir: Path
) -> None:
    page = person().page
    form = "url => { const f = document.createElement('form'); f.method = 'post'; f.action = url;"
    with foreign_pages(tls_dir) as port:
        page.goto(f"https://{host}:{port}/")
        page.evaluate(f"{form} document.body.append(f); f.submit(); }}", f"{owner.origin}/sign-out")
        page.wait_for_url(f"{owner.origin}/sign-out")
    expect(page.get_by_role("heading", name="Refused")).to_be_visible()
    expect(page.get_by_text("Nothing was changed.")).to_be_visible()
    # Somebody who reloads by the address bar meets an address that only forms use.
    page.goto(f"{owner.origin}/sign-out")
    expect(page.get_by_role("heading", name="This address shows no page")).to_be_visible()


def test_a_server_that_is_gone_is_told_and_nobody_believes_to_be_signed_out(
    start_server: Callable[..., Server], person: Callable[..., Person], browser: Browser
) -> None:
    server = start_server()
    someone = person(at=server, using=browser)
    someone.enrol(server.invite("patient"))
    someone.wait_until("bound")
    server.kill()
    someone.ask("hello")
    expect(someone.page.get_by_role("alert")).to_contain_text("The server did not answer.")
    expect(someone.page.get_by_role("status", name="Session")).to_have_text("Unknown")
    someone.page.get_by_role("button", name="Sign out").click()
    expect(someone.page.get_by_text("You are still signed in.")).to_be_visible()
    server.start()
    someone.ask("hello")
    someone.expect_answer("hello")
    someone.sign_out()
