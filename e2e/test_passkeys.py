"""Passkey ceremonies through the pages, with Chromium's virtual authenticator."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from e2e.support.person import Person
from e2e.support.server import Server


def test_an_enrolment_link_works_once_and_leaves_no_token_in_the_address(
    person: Callable[..., Person], server: Server
) -> None:
    url = server.invite("once")
    first, second = person(), person()
    second.page.goto(url)
    expect(second.page.get_by_role("button", name="Create passkey")).to_be_enabled()
    assert "#" not in second.page.url
    first.enrol(url)
    second.page.get_by_role("button", name="Create passkey").click()
    expect(second.page.get_by_text("was used").first).to_be_visible()
    third = person()
    third.page.goto(url)
    expect(third.page.get_by_text("was used").first).to_be_visible()


def test_user_verification_is_required(owner: Person) -> None:
    owner.sign_out()
    owner.devtools.send("WebAuthn.setUserVerified", {"authenticatorId": owner.authenticator, "isUserVerified": False})
    owner.page.get_by_role("button", name="Sign in with passkey").click()
    expect(owner.page.locator("#status")).not_to_be_empty()
    assert owner.session()["state"] == "signed_out"


def test_conditional_ui_starts_on_focus_and_never_on_load(owner: Person) -> None:
    owner.sign_out()
    asked = []
    owner.page.on("request", lambda request: asked.append(request.url))
    owner.page.goto(f"{owner.origin}/")
    expect(owner.page.get_by_role("button", name="Sign in with passkey")).to_be_enabled()
    assert not [url for url in asked if url.endswith("/sign-in/options")]
    owner.page.get_by_label("Name").focus()
    owner.page.wait_for_url(f"{owner.origin}/playground")
    assert [url for url in asked if url.endswith("/sign-in/options")]


def test_the_button_takes_over_from_a_pending_suggestion(owner: Person) -> None:
    owner.sign_out()
    presence = {"authenticatorId": owner.authenticator, "enabled": False}
    owner.devtools.send("WebAuthn.setAutomaticPresenceSimulation", presence)
    owner.page.get_by_label("Name").focus()
    owner.page.wait_for_timeout(300)
    owner.devtools.send("WebAuthn.setAutomaticPresenceSimulation", presence | {"enabled": True})
    owner.page.get_by_role("button", name="Sign in with passkey").click()
    owner.page.wait_for_url(f"{owner.origin}/playground")


def test_another_session_is_ended_with_a_passkey(owner: Person, person: Callable[..., Person]) -> None:
    second = person()
    credentials = owner.devtools.send("WebAuthn.getCredentials", {"authenticatorId": owner.authenticator})
    for credential in credentials["credentials"]:
        second.devtools.send(
            "WebAuthn.addCredential", {"authenticatorId": second.authenticator, "credential": credential}
        )
    # A copied counter would look like a clone to the server: let the second one run ahead.
    second.sign_in()
    second.wait_until("bound")
    second.page.goto(f"{second.origin}/account")
    second.page.get_by_role("button", name="End session at 127.0.0.1").click()
    expect(second.page.get_by_text("Session ended.")).to_be_visible()
    assert owner.session()["state"] in {"ended", "signed_out"}


def test_the_account_page_lists_the_passkey_and_guards_the_last(owner: Person) -> None:
    owner.page.goto(f"{owner.origin}/account")
    expect(owner.page.get_by_role("heading", name="Passkeys")).to_be_visible()
    remove = owner.page.get_by_role("button", name="Remove")
    expect(remove).to_be_disabled()
