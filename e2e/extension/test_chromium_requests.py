"""Chromium without DBSC of its own, with the extension: what the page sees when the bound cookie is not there.

One person is bound for all of these tests, for Chromium's own DBSC is given five seconds before each binding.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from e2e.extension.chromium import Chromium
from e2e.extension.chromium_fixtures import enrolled
from e2e.support.person import BOUND, FRESH, Person
from e2e.support.server import Server

HELLO = {"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hello"}]}
# Several calls at once, one of them with a body that is read from a Request.
TOGETHER = """
async body => {
  const options = {method: 'POST', body: JSON.stringify(body), headers: {'content-type': 'application/json'}};
  const calls = [fetch('/v1/chat/completions', options), fetch(new Request('/v1/chat/completions', options)),
    fetch(new URL('/v1/models', location.href)), fetch('/v1/models')];
  return (await Promise.all(calls)).map(response => response.status);
}
"""
OLD_STYLE = """
() => new Promise(done => {
  const request = new XMLHttpRequest();
  request.onload = () => done(request.status);
  request.open('GET', '/v1/models');
  request.send();
})
"""


def lose(someone: Person) -> None:
    """Both credentials are gone, as after their expiry."""
    someone.delete_cookie(BOUND)
    someone.delete_cookie(FRESH)


@pytest.fixture(scope="module")
def shared(new_chromium: Callable[..., Chromium]) -> Iterator[Chromium]:
    browser = new_chromium()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def bound(shared: Chromium, server: Server) -> Person:
    return enrolled(shared, server, "loses cookies")


def test_a_call_without_its_cookie_succeeds_and_the_page_sees_no_refusal(bound: Person) -> None:
    lose(bound)
    answer = bound.call(HELLO)
    assert answer["status"] == 200
    assert bound.session()["state"] == "bound"


def test_a_streamed_answer_is_recovered_too(bound: Person) -> None:
    lose(bound)
    bound.ask("hello")
    bound.expect_answer("hello")


def test_calls_together_are_all_recovered_by_one_refresh(bound: Person, server: Server) -> None:
    before = server.recorded("dbsc.refresh").count("ok")
    lose(bound)
    assert bound.page.evaluate(TOGETHER, HELLO) == [200, 200, 200, 200]
    assert server.recorded("dbsc.refresh").count("ok") == before + 1


def test_xmlhttprequest_finds_the_cookie_at_its_next_try(bound: Person, shared: Chromium) -> None:
    # Nothing can hold a request in Chromium, and XMLHttpRequest is left alone: it starts the refresh, and is refused.
    lose(bound)
    bound.page.evaluate(OLD_STYLE)
    shared.until(lambda: bound.page.evaluate(OLD_STYLE), lambda status: status == 200)


def test_a_document_without_its_cookie_is_recovered(bound: Person) -> None:
    lose(bound)
    bound.page.goto(f"{bound.origin}/account")
    expect(bound.page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    assert bound.session()["state"] == "bound"


def test_a_demand_for_a_younger_proof_is_met(
    start_chromium: Callable[..., Chromium], start_server: Callable[..., Server]
) -> None:
    server, browser = start_server(tiers__standard__proof_max_age_seconds=2), start_chromium()
    someone = browser.person(server.origin)
    someone.enrol(server.invite("is asked"))
    someone.wait_until("bound")
    # The server's clock has to pass the age that it demands.
    someone.page.wait_for_timeout(2_500)
    before = len(server.recorded("dbsc.refresh"))
    assert someone.call(HELLO)["status"] == 200
    assert server.recorded("dbsc.refresh")[before:] == ["ok"]


def test_an_expired_cookie_is_no_obstacle(bound: Person, expire: Callable[[Person, float], None]) -> None:
    expire(bound, 1.0)
    bound.page.wait_for_timeout(1_500)
    assert bound.cookie(BOUND) is None, "its life is over"
    assert bound.call(HELLO)["status"] == 200


def test_a_jar_copied_to_another_browser_is_refused(
    bound: Person, person: Callable[..., Person], plain_browser: Browser
) -> None:
    thief = person(using=plain_browser)
    thief.context.add_cookies(bound.context.cookies())
    thief.page.goto(f"{thief.origin}/playground")
    lose(bound)
    assert bound.call(HELLO)["status"] == 200, "the owner proves the key"
    # The grace in which a superseded value may still be on its way, by the server's clock.
    time.sleep(10.5)
    assert thief.call(HELLO)["status"] == 401
    lose(thief)
    assert thief.call(HELLO)["status"] == 401
    assert bound.call(HELLO)["status"] == 200


@pytest.mark.parametrize("spare", [BOUND, FRESH])
def test_either_credential_that_is_missing_is_renewed(bound: Person, server: Server, spare: str) -> None:
    before = server.recorded("dbsc.refresh").count("ok")
    bound.delete_cookie(BOUND if spare == FRESH else FRESH)
    assert bound.call(HELLO)["status"] == 200
    assert server.recorded("dbsc.refresh").count("ok") == before + 1
