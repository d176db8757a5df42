"""Requests of pages in Firefox: none goes out without a fresh cookie, and no page sees a refusal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from e2e.extension.firefox_person import FirefoxPerson
from e2e.support.person import BOUND, FRESH, LOGIN, Person
from e2e.support.server import Server

QUESTION = [{"role": "user", "content": "What is a nonce?"}]
HELLO = {"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hello"}]}
TWENTY = """
  const [done] = arguments;
  Promise.all(Array.from({length: 20}, () => window.fetch("/v1/models").then(response => response.status))).then(done);
"""


def test_a_call_whose_cookie_was_deleted_succeeds_with_its_body(bound_firefox: FirefoxPerson) -> None:
    bound_firefox.firefox.delete_cookie(BOUND)
    answer = bound_firefox.call(messages=QUESTION)
    assert answer["status"] == 200
    assert "nonce" in answer["text"]
    assert not answer["redirected"], "the call was held, not asked again"
    bound_firefox.expect_no_refusal()


def test_a_call_whose_cookie_has_expired_succeeds(bound_firefox: FirefoxPerson) -> None:
    for name in (BOUND, FRESH):
        bound_firefox.firefox.expire_cookie(name, 0.2)
    time.sleep(0.3)
    assert bound_firefox.call()["status"] == 200
    bound_firefox.expect_no_refusal()


def test_a_document_whose_cookie_was_deleted_is_bound(bound_firefox: FirefoxPerson) -> None:
    bound_firefox.firefox.delete_cookie(BOUND)
    bound_firefox.firefox.open(f"{bound_firefox.origin}/playground")
    assert bound_firefox.firefox.cookies()[BOUND]
    assert bound_firefox.session()["state"] == "bound"
    assert bound_firefox.call()["status"] == 200
    bound_firefox.expect_no_refusal()


def test_twenty_calls_together_cost_one_refresh(bound_firefox: FirefoxPerson) -> None:
    before = bound_firefox.refreshes()
    bound_firefox.firefox.delete_cookie(BOUND)
    assert bound_firefox.firefox.later(TWENTY) == [200] * 20
    assert bound_firefox.refreshes() - before == 1
    bound_firefox.expect_no_refusal()


def test_refreshes_are_single_round_trips(bound_firefox: FirefoxPerson) -> None:
    for _ in range(3):
        bound_firefox.firefox.delete_cookie(BOUND)
        assert bound_firefox.call()["status"] == 200
    statuses = [status for _, path, status, _ in bound_firefox.firefox.answers() if path == "/dbsc/refresh"]
    assert statuses == [200] * 3


def test_requests_without_credentials_are_left_alone(bound_firefox: FirefoxPerson) -> None:
    before = bound_firefox.refreshes()
    bound_firefox.firefox.delete_cookie(BOUND)
    refused = bound_firefox.firefox.fetch("/v1/models", credentials="omit")
    assert refused["status"] == 401
    assert bound_firefox.refreshes() == before


def test_a_demand_for_proof_is_met_and_the_body_is_kept(
    start_server: Callable[..., Server], firefox_visitor: Callable[[Server], FirefoxPerson]
) -> None:
    server = start_server(tiers__standard__proof_max_age_seconds=3)
    someone = firefox_visitor(server)
    someone.enrol(server.invite(someone.name))
    someone.wait_until("bound")
    time.sleep(3.2)
    before = someone.refreshes()
    answer = someone.call(messages=QUESTION)
    assert (answer["status"], answer["redirected"]) == (200, True)
    assert "nonce" in answer["text"]
    assert someone.refreshes() - before == 1
    someone.expect_no_refusal()


def test_a_copied_jar_is_refused_and_the_owner_notices_nothing(
    bound_firefox: FirefoxPerson, person: Callable[..., Person], plain_browser: Browser
) -> None:
    thief = person(using=plain_browser)
    jar = bound_firefox.firefox.cookies().values()
    copied = [{"name": cookie["name"], "value": cookie["value"], "url": thief.origin, "secure": True} for cookie in jar]
    thief.context.add_cookies(copied)
    thief.page.goto(f"{thief.origin}/playground")
    bound_firefox.firefox.delete_cookie(BOUND)
    assert bound_firefox.call()["status"] == 200, "the owner proves the key"
    time.sleep(10.5)
    refused = thief.call(HELLO)
    assert (refused["status"], json.loads(refused["text"])["error"]["code"]) == (401, "proof_required")
    assert thief.session()["state"] == "lapsed"
    assert bound_firefox.call()["status"] == 200
    bound_firefox.expect_no_refusal()


@pytest.mark.parametrize("spare", [BOUND, FRESH])
def test_either_credential_alone_is_not_enough(bound_firefox: FirefoxPerson, spare: str) -> None:
    before = bound_firefox.refreshes()
    bound_firefox.firefox.delete_cookie(spare)
    assert bound_firefox.call()["status"] == 200
    assert bound_firefox.refreshes() - before == 1
    assert {LOGIN, BOUND, FRESH} <= set(bound_firefox.firefox.cookies())
