"""The front channel as people meet it, and as somebody who wants their tokens does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from e2e.support.node import NodeClient
from e2e.support.person import BOUND, FRESH, LOGIN, Person
from e2e.support.programs import ARRIVED, allow, decline, register_program
from e2e.support.server import Server
from e2e.test_pages import NARROW, OVERFLOW, complaints

Node = Callable[..., NodeClient]
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def address(server: Server, client_id: str, **changes: str) -> str:
    """A request that nobody waits for."""
    asked = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": "http://127.0.0.1:9/callback",
        "scope": "openid models chat offline_access",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "dpop_jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
    }
    return f"{server.origin}/oauth/authorize?{urlencode(asked | changes)}"


def test_the_decision_fits_a_narrow_screen_and_complains_of_nothing(
    owner: Person, server: Server, client_id: str
) -> None:
    page = owner.page
    said = complaints(page)
    page.set_viewport_size(NARROW)
    page.goto(address(server, client_id))
    expect(page.get_by_role("heading", level=1)).to_have_text("Allow “Notebook” to act for you?")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate("() => document.querySelectorAll('h1').length") == 1
    assert said == []


def test_declining_comes_first_by_keyboard_too(owner: Person, server: Server, client_id: str) -> None:
    page = owner.page
    page.goto(address(server, client_id))
    allowing = page.get_by_role("button", name="Allow with passkey")
    expect(allowing).to_be_enabled()
    page.get_by_role("link", name="Skip to content").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Decline")).to_be_focused()
    page.keyboard.press("Tab")
    expect(allowing).to_be_focused()


def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(
    owner: Person, server: Server, client_id: str, node: Node
) -> None:
    client = node("patient.mjs", server.origin, client_id)
    asked = client.told()
    owner.sign_out()
    owner.page.goto(asked["open"])
    expect(owner.page.get_by_text("A program asks for access to your account.")).to_be_visible()
    owner.page.get_by_role("button", name="Sign in with passkey").click()
    expect(owner.page.get_by_role("heading", name="Allow “Notebook” to act for you?")).to_be_visible()
    owner.page.get_by_role("button", name="Allow with passkey").click()
    expect(owner.page.get_by_text(ARRIVED)).to_be_visible()
    assert client.told() == {"signed_in": True}
    owner.page.goto(f"{server.origin}/playground")
    owner.wait_until("bound")


def test_consent_is_asked_for_every_time_with_a_passkey(
    owner: Person, server: Server, client_id: str, node: Node
) -> None:
    for _ in range(2):
        client = node("patient.mjs", server.origin, client_id)
        allow(owner, client.told())
        assert client.told() == {"signed_in": True}
    owner.page.goto(address(server, client_id))
    expect(owner.page.get_by_text("you last allowed this program something on")).to_be_visible()
    verified = {"authenticatorId": owner.authenticator, "isUserVerified": False}
    owner.devtools.send("WebAuthn.setUserVerified", verified)
    owner.page.get_by_role("button", name="Allow with passkey").click()
    expect(owner.page.locator("#status")).to_contain_text("Nothing was changed")
    assert owner.page.url.startswith(f"{server.origin}/oauth/authorize/consent")


def test_a_declined_program_gets_an_error_and_nothing_else(
    owner: Person, server: Server, client_id: str, node: Node
) -> None:
    client = node("patient.mjs", server.origin, client_id)
    decline(owner, client.told())
    assert client.told() == {"signed_in": False, "error": "access_denied"}


def test_declining_needs_no_script(owner: Person, server: Server, client_id: str, node: Node, browser: Browser) -> None:
    client = node("patient.mjs", server.origin, client_id)
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([cookie for cookie in owner.context.cookies() if cookie["name"] in {LOGIN, BOUND, FRESH}])
    page = context.new_page()
    page.goto(client.told()["open"])
    expect(page.get_by_role("button", name="Allow with passkey")).to_be_disabled()
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_text(ARRIVED)).to_be_visible()
    context.close()
    assert client.told()["error"] == "access_denied"


def test_a_pushed_request_that_was_opened_once_opens_nothing_more(
    owner: Person, person: Callable[..., Person], server: Server, client_id: str, node: Node
) -> None:
    asked = node("patient.mjs", server.origin, client_id).told()
    allow(owner, asked)
    thief = person()
    thief.enrol(server.invite("a thief with a recorded request"))
    for someone in (owner, thief):
        someone.page.goto(asked["open"])
        expect(someone.page.get_by_text("was used before or has expired")).to_be_visible()


def test_a_decision_that_was_made_cannot_be_made_again(owner: Person, server: Server, client_id: str) -> None:
    page = owner.page
    arrived: list[str] = []
    page.route("http://127.0.0.1:9/**", lambda route: (arrived.append(route.request.url), route.fulfill(body=ARRIVED)))
    page.goto(address(server, client_id))
    decision = page.url
    page.get_by_role("button", name="Allow with passkey").click()
    expect(page.get_by_text(ARRIVED)).to_be_visible()
    assert set(parse_qs(urlsplit(arrived[0]).query)) == {"code", "iss"}
    page.goto(decision)
    expect(page.get_by_text("was decided before")).to_be_visible()


def test_bob_is_stopped_at_alices_program_before_he_is_asked(
    owner: Person, person: Callable[..., Person], server: Server, node: Node
) -> None:
    own = register_program(owner, "Alice's notebook")
    client = node("patient.mjs", server.origin, own)
    bob = person()
    bob.enrol(server.invite("bob at a lure"))
    bob.page.goto(client.told()["open"])
    expect(bob.page.get_by_role("heading", name="request was stopped here")).to_be_visible()
    expect(bob.page.get_by_role("button", name="Allow with passkey")).to_have_count(0)
    again = node("patient.mjs", server.origin, own)
    asked = again.told()
    owner.page.goto(asked["open"])
    expect(owner.page.get_by_text(f"Unverified: made by {owner.name}")).to_be_visible()
    owner.page.get_by_role("button", name="Allow with passkey").click()
    assert again.told() == {"signed_in": True}
    server.command("clients", "publish", own)
    third = node("patient.mjs", server.origin, own)
    allow(bob, third.told())
    assert (third.told(), third.ask("call")) == ({"signed_in": True}, 200)
    server.command("clients", "unpublish", own)
    assert third.ask("call") == "invalid_token"
    assert third.ask("renew") == "invalid_grant"
    assert again.ask("call") == 200
    server.command("clients", "remove", own)
    assert again.ask("call") == "invalid_token"


def test_access_that_is_ended_on_the_account_page_is_ended(
    owner: Person, server: Server, client_id: str, node: Node
) -> None:
    client = node("patient.mjs", server.origin, client_id)
    asked = client.told()
    allow(owner, asked)
    assert (client.told(), client.ask("call")) == ({"signed_in": True}, 200)
    owner.page.goto(f"{server.origin}/account")
    expect(owner.page.get_by_title(asked["key"])).to_be_visible()
    owner.page.get_by_role("button", name="End access of Notebook").click()
    expect(owner.page.get_by_text("The access of “Notebook” has ended.")).to_be_visible()
    expect(owner.page.get_by_title(asked["key"])).to_have_count(0)
    assert client.ask("call") == "invalid_token"
    assert client.ask("renew") == "invalid_grant"


def test_a_program_that_is_deleted_loses_what_it_was_given(owner: Person, server: Server, node: Node) -> None:
    own = register_program(owner, "Short-lived")
    client = node("patient.mjs", server.origin, own)
    allow(owner, client.told())
    assert (client.told(), client.ask("call")) == ({"signed_in": True}, 200)
    owner.page.goto(f"{server.origin}/account")
    owner.page.get_by_role("button", name="Delete Short-lived", exact=True).click()
    expect(owner.page.get_by_text("“Short-lived” is deleted")).to_be_visible()
    assert client.ask("call") == "invalid_token"
    assert client.ask("renew") in {"invalid_client", "invalid_grant"}


@pytest.mark.parametrize(
    ("uri", "said"),
    [("http://localhost/callback", "not localhost"), ("javascript:alert(1)", "A redirect URI is"), ("/x", "absolute")],
)
def test_what_cannot_be_registered_is_said_before_the_passkey_is_asked_for(
    owner: Person, server: Server, uri: str, said: str
) -> None:
    page = owner.page
    asked: list[Any] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/account/clients") else None)
    page.goto(f"{server.origin}/account")
    page.get_by_label("Name of a new program").fill("Notebook")
    page.get_by_label("Redirect URIs").fill(uri)
    page.get_by_role("button", name="Register program").click()
    expect(page.locator("#toast")).to_contain_text(said)
    assert asked == []
