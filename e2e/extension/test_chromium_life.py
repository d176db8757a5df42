"""Chromium without DBSC of its own, with the extension: keys outlive workers, browsers and sleep, and end when told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from e2e.extension.chromium import Chromium
from e2e.extension.independent_server import IndependentServer
from e2e.support.person import BOUND, FRESH, Person
from e2e.support.server import Server

HELLO = {"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hello"}]}
ALARMS = "() => chrome.alarms.getAll()"
BOUND_SECONDS = 300


def lose(someone: Person) -> None:
    """Both credentials are gone, as after their expiry."""
    someone.delete_cookie(BOUND)
    someone.delete_cookie(FRESH)


def alarms(chromium: Chromium) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = chromium.worker().evaluate(ALARMS)
    return found


def renewal(chromium: Chromium) -> dict[str, Any]:
    """The one alarm that is due about when half of the cookie's life is over."""

    def due() -> list[dict[str, Any]]:
        now = time.time() * 1000
        return [alarm for alarm in alarms(chromium) if 60_000 < alarm["scheduledTime"] - now < BOUND_SECONDS * 1000]

    found: list[dict[str, Any]] = chromium.until(due, lambda found: len(found) == 1)
    return found[0]


def ended(chromium: Chromium, origin: str) -> dict[str, Any]:
    """Wait until no key is left; returns what the extension says about the site."""
    chromium.until(chromium.private_keys, lambda keys: keys == [])
    return chromium.status(origin)


def test_a_person_enrols_is_bound_by_a_software_key_and_chats(chromium: Chromium, server: Server) -> None:
    someone = chromium.person(server.origin)
    someone.enrol(server.invite("enrols with the extension"))
    session = someone.wait_until("bound")
    assert session["provenance"] == "software"
    someone.ask("hello")
    someone.expect_answer("hello")
    status = chromium.wait_for(server.origin, "bound")
    assert status["key"] == "software"
    assert [found["thumbprint"] for found in status["sessions"]] == [session["key_thumbprint"]]
    assert [key["extractable"] for key in chromium.private_keys()] == [False]
    assert chromium.title(server.origin) == "Boundgate: bound by a software key"


def test_signing_in_again_makes_another_key(bound: Person, chromium: Chromium) -> None:
    first = bound.session()["key_thumbprint"]
    bound.sign_out()
    bound.sign_in()
    second = bound.wait_until("bound")["key_thumbprint"]
    assert second != first
    assert [found["thumbprint"] for found in chromium.status(bound.origin)["sessions"]] == [second]


def test_half_of_the_cookies_life_is_when_it_will_be_renewed(bound: Person, chromium: Chromium) -> None:
    due = renewal(chromium)["scheduledTime"] / 1000 - time.time()
    assert BOUND_SECONDS / 2 - 20 < due <= BOUND_SECONDS / 2 + 1


@pytest.mark.parametrize("killed", [False, True])
def test_the_cookie_is_renewed_ahead_though_nobody_asks(
    chromium: Chromium, other: IndependentServer, *, killed: bool
) -> None:
    # Its server gives the cookie a life that a test can see half of.
    other.ticket_seconds = 12
    page = chromium.context.new_page()
    page.goto(f"{other.origin}/sign-in")
    chromium.wait_for(other.origin, "bound")
    begun = time.monotonic()
    if killed:
        chromium.stop_worker()
    chromium.until(lambda: other.seen("/device/refresh"), lambda seen: [each.status for each in seen] == [403, 200])
    assert 4 < time.monotonic() - begun < 9
    assert {seen.path for seen in other.log} == {"/sign-in", "/favicon.ico", "/device/register", "/device/refresh"}


def test_a_call_wakes_a_worker_that_was_killed(bound: Person, chromium: Chromium) -> None:
    lose(bound)
    chromium.stop_worker()
    assert bound.call(HELLO)["status"] == 200
    assert bound.session()["state"] == "bound"


def test_the_key_outlives_the_browser(bound: Person, chromium: Chromium, server: Server) -> None:
    key = bound.session()["key_thumbprint"]
    chromium.restart()
    again = chromium.person(server.origin)
    again.page.goto(f"{server.origin}/playground")
    assert chromium.wait_for(server.origin, "bound")["sessions"][0]["thumbprint"] == key
    lose(again)
    assert again.call(HELLO)["status"] == 200
    assert again.session()["key_thumbprint"] == key
    assert renewal(chromium)


def test_a_computer_that_slept_past_the_cookies_life_is_still_bound(
    bound: Person, chromium: Chromium, expire: Callable[[Person, float], None]
) -> None:
    expire(bound, 1.5)
    chromium.sleep(2.5)
    assert bound.call(HELLO)["status"] == 200
    bound.page.goto(f"{bound.origin}/account")
    expect(bound.page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    assert bound.session()["state"] == "bound"


def test_signing_out_deletes_the_key(bound: Person, chromium: Chromium) -> None:
    assert chromium.private_keys()
    bound.sign_out()
    status = ended(chromium, bound.origin)
    assert (status["state"], status["sessions"]) == ("ended", [])
    assert chromium.title(bound.origin) == "Boundgate: no longer bound"
    assert [alarm for alarm in alarms(chromium) if alarm["scheduledTime"] / 1000 - time.time() > 60] == []


def test_a_session_that_the_server_ended_costs_its_key_at_the_next_proof(
    bound: Person, chromium: Chromium, server: Server
) -> None:
    server.command("users", "recover", bound.name)
    lose(bound)
    assert bound.call(HELLO)["status"] == 401, "no proof helps any more"
    status = ended(chromium, bound.origin)
    assert status["state"] == "ended"
    assert chromium.title(bound.origin) == "Boundgate: no longer bound"


@pytest.mark.parametrize("how", ["forget", "disable"])
def test_what_the_person_takes_away_is_gone(bound: Person, chromium: Chromium, how: str) -> None:
    session = chromium.status(bound.origin)["sessions"][0]["id"]
    chromium.send({"verb": how, "origin": bound.origin, "sessionId": session})
    assert ended(chromium, bound.origin)["sessions"] == []
    lose(bound)
    assert bound.call(HELLO)["status"] == 401


def test_cookies_that_the_person_clears_take_the_key_along(bound: Person, chromium: Chromium) -> None:
    bound.context.clear_cookies()
    assert ended(chromium, bound.origin)["sessions"] == []
