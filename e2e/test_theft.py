"""A cookie jar copied into a second browser stands for the infostealer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from playwright.sync_api import Browser

from e2e.support.person import BOUND, FRESH, Person

HELLO = {"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hello"}]}


def steal(owner: Person, thief: Person) -> None:
    """The whole jar, into another browser at another page of the same site."""
    thief.context.add_cookies(owner.context.cookies())
    thief.page.goto(f"{thief.origin}/playground")


def error_code(answer: dict) -> str:
    return str(json.loads(answer["text"])["error"]["code"])


def test_a_copied_jar_is_refused_within_ten_seconds_of_the_owners_next_proof(
    owner: Person, person: Callable[..., Person], plain_browser: Browser
) -> None:
    thief = person(using=plain_browser)
    steal(owner, thief)
    owner.delete_cookie(BOUND)
    assert owner.call(HELLO)["status"] == 200, "the owner proves the key"
    time.sleep(10.5)
    refused = thief.call(HELLO)
    assert (refused["status"], error_code(refused)) == (401, "proof_required")
    assert owner.call(HELLO)["status"] == 200
    assert owner.session()["state"] == "bound"


def test_a_copied_jar_without_the_bound_cookie_is_refused_at_once(
    owner: Person, person: Callable[..., Person], plain_browser: Browser
) -> None:
    thief = person(using=plain_browser)
    steal(owner, thief)
    thief.delete_cookie(BOUND)
    thief.delete_cookie(FRESH)
    refused = thief.call(HELLO)
    assert (refused["status"], error_code(refused)) == (401, "proof_required")
    assert thief.session()["state"] == "lapsed"


def test_a_thief_with_native_dbsc_gets_no_offer_and_cannot_bind(owner: Person, person: Callable[..., Person]) -> None:
    thief = person()
    steal(owner, thief)
    for path in ("/", "/account", "/playground"):
        thief.page.goto(thief.origin + path)
    assert thief.dbsc("creation") == []
    assert owner.session()["state"] == "bound"


def test_the_thief_cannot_sign_the_owner_out(
    owner: Person, person: Callable[..., Person], plain_browser: Browser
) -> None:
    thief = person(using=plain_browser)
    steal(owner, thief)
    thief.delete_cookie(BOUND)
    thief.page.goto(f"{thief.origin}/account")
    status = thief.page.evaluate(
        "async () => (await fetch('/sign-out', {method: 'POST', redirect: 'manual',"
        " headers: {'content-type': 'application/x-www-form-urlencoded'}, body: ''})).status"
    )
    assert status == 401
    assert owner.call(HELLO)["status"] == 200
