"""The extension in Firefox, from the first sign-in to the last: what outlives what, and what ends a key."""

from __future__ import annotations

import time

from e2e.extension.firefox_person import FirefoxPerson
from e2e.support.person import BOUND, FRESH


def expect_ended(someone: FirefoxPerson) -> None:
    """No key is left in the extension's database, and the button says so."""
    someone.firefox.until(lambda: someone.extension.stored()["keys"] == 0, "the key is still there")
    someone.extension.wait_for_icon("none")
    assert someone.extension.action()["title"] == "Boundgate: no longer bound"


def test_a_person_enrols_is_bound_chats_signs_out_and_in_again(visitor: FirefoxPerson) -> None:
    visitor.extension.wait_for_icon("off")
    visitor.enrol(visitor.server.invite(visitor.name))
    state = visitor.wait_until("bound")
    assert state["provenance"] == "software"
    visitor.extension.wait_for_icon("bound")
    assert visitor.extension.stored()["keys"] == 1
    visitor.ask("What is a nonce?")
    visitor.expect_answer("nonce")
    visitor.expect_no_refusal()

    visitor.sign_out()
    assert visitor.session()["state"] == "signed_out"
    expect_ended(visitor)

    visitor.sign_in()
    again = visitor.wait_until("bound")
    assert again["key_thumbprint"] != state["key_thumbprint"]
    visitor.extension.wait_for_icon("bound")
    assert visitor.extension.stored()["keys"] == 1


def test_a_killed_event_page_wakes_for_the_refresh(bound_firefox: FirefoxPerson) -> None:
    bound_firefox.extension.kill_event_page()
    bound_firefox.firefox.delete_cookie(BOUND)
    assert bound_firefox.call()["status"] == 200
    bound_firefox.expect_no_refusal()


def test_a_killed_event_page_wakes_for_the_registration(visitor: FirefoxPerson) -> None:
    visitor.firefox.open(visitor.server.invite(visitor.name))
    visitor.extension.kill_event_page()
    visitor.create_passkey()
    assert visitor.wait_until("bound")["provenance"] == "software"


def test_the_key_outlives_the_browser(bound_firefox: FirefoxPerson) -> None:
    before = bound_firefox.session()["key_thumbprint"]
    bound_firefox.firefox.restart()
    bound_firefox.firefox.delete_cookie(BOUND)
    bound_firefox.firefox.open(f"{bound_firefox.origin}/playground")
    bound_firefox.ask("What is a nonce?")
    bound_firefox.expect_answer("nonce")
    assert bound_firefox.session()["key_thumbprint"] == before
    assert bound_firefox.extension.stored()["keys"] == 1
    bound_firefox.expect_no_refusal()


def test_a_computer_that_slept_past_the_cookies_life_is_still_bound(bound_firefox: FirefoxPerson) -> None:
    for name in (BOUND, FRESH):
        bound_firefox.firefox.expire_cookie(name, 1)
    with bound_firefox.firefox.asleep():
        time.sleep(1.5)
    assert bound_firefox.call()["status"] == 200
    assert bound_firefox.session()["state"] == "bound"
    bound_firefox.expect_no_refusal()


def test_a_session_that_the_server_ended_costs_its_key_at_the_next_proof(bound_firefox: FirefoxPerson) -> None:
    bound_firefox.server.command("users", "recover", bound_firefox.name)
    bound_firefox.firefox.delete_cookie(BOUND)
    assert bound_firefox.call()["status"] == 401
    expect_ended(bound_firefox)


def test_cookies_that_the_person_clears_take_the_key_along(bound_firefox: FirefoxPerson) -> None:
    bound_firefox.firefox.clear_cookies()
    bound_firefox.firefox.open(f"{bound_firefox.origin}/")
    expect_ended(bound_firefox)


def test_a_site_that_is_switched_off_costs_its_key_and_its_permission(bound_firefox: FirefoxPerson) -> None:
    bound_firefox.opt_out()
    bound_firefox.firefox.until(lambda: bound_firefox.extension.stored()["keys"] == 0, "the key is still there")
    assert bound_firefox.extension.allowed() == []
    bound_firefox.firefox.open(f"{bound_firefox.origin}/playground")
    bound_firefox.extension.wait_for_icon("off")


def test_a_permission_that_the_browser_takes_away_takes_the_key_along(bound_firefox: FirefoxPerson) -> None:
    bound_firefox.extension.revoke()
    bound_firefox.firefox.until(lambda: bound_firefox.extension.stored()["keys"] == 0, "the key is still there")
