"""Boundgate itself, at `app.` of a site of its own, in real Chromium: rows of the table that it answers, and more."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from e2e.lab.boundgate import NamedServer
from e2e.lab.site import Site
from e2e.lab.wire import page
from e2e.support.person import BOUND, FRESH, LOGIN, Person
from tests.support.soft_browser import SoftDbsc, read_offers

HELLO = {"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def named(boundgate: Callable[..., NamedServer]) -> NamedServer:
    return boundgate()


@pytest.fixture
def guest(person: Callable[..., Person], named: NamedServer, lab_browser: Browser) -> Person:
    """Somebody who is bound there."""
    someone = person(at=named, using=lab_browser)
    someone.enrol(named.invite("guest"))
    someone.wait_until("bound")
    return someone


def lose_and_call(someone: Person, *cookies: str) -> tuple[dict[str, Any], int]:
    """Lose cookies and call the model; what the browser says of the refresh before it, and the call's status."""
    known = len(someone.dbsc("refresh"))
    for cookie in cookies or (BOUND,):
        someone.delete_cookie(cookie)
    status = someone.call(HELLO)["status"]
    return someone.wait_for_dbsc("refresh", known + 1)[known]["refreshEventDetails"], status


def ended(someone: Person) -> list[tuple[str, str]]:
    return [
        (event["sessionId"], event["terminationEventDetails"]["deletionReason"])
        for event in someone.dbsc("termination")
    ]


def test_row_2xx_valid_every_refresh_of_boundgate(guest: Person, named: NamedServer) -> None:
    said, status = lose_and_call(guest)
    assert (said["refreshResult"], said["fetchResult"], status) == ("Refreshed", "Success", 200)
    assert named.recorded("dbsc.refresh") == ["ok"]
    assert named.recorded("dbsc.challenge") == []
    assert ended(guest) == []


def test_row_403_challenge_boundgate_started_anew(guest: Person, named: NamedServer) -> None:
    named.kill()
    named.start()
    said, status = lose_and_call(guest)
    assert (said["refreshResult"], status) == ("Refreshed", 200)
    assert named.recorded("dbsc.refresh") == ["challenge_stale", "ok"]
    assert ended(guest) == []


def test_row_network_error_boundgate_is_down_for_a_moment(guest: Person, named: NamedServer) -> None:
    named.kill()
    guest.delete_cookie(BOUND)
    failed = guest.page.evaluate("() => fetch('/v1/models').then(() => 'answered', () => 'failed')")
    assert failed == "failed"
    assert guest.wait_for_dbsc("refresh")[0]["refreshEventDetails"]["refreshResult"] == "Unreachable"
    named.start()
    said, status = lose_and_call(guest)
    assert (said["refreshResult"], status) == ("Refreshed", 200)
    assert ended(guest) == []


def test_row_404_boundgate_has_lost_its_database(guest: Person, named: NamedServer) -> None:
    named.kill()
    for file in named.data_dir.glob("boundgate.sqlite3*"):
        file.unlink()
    named.start()
    said, status = lose_and_call(guest)
    assert (said["refreshResult"], said["fetchResult"], status) == ("FatalError", "PersistentHttpError", 401)
    assert [reason for _, reason in ended(guest)] == ["RefreshFatalError"]


def test_row_continue_false_a_new_sign_in_replaces_the_session_and_leaves_nothing_over(
    guest: Person, named: NamedServer
) -> None:
    [first] = [event["sessionId"] for event in guest.dbsc("creation")]
    # The sign-in page goes straight on for whoever is signed in.
    guest.delete_cookie(LOGIN)
    guest.sign_in()
    second = guest.wait_for_dbsc("creation", 2)[1]["sessionId"]
    guest.wait_until("bound")
    # The 303 of a sign-in expires both cookies, so the page after it asks for the old session's refresh at once.
    assert ended(guest) == [(first, "ServerRequested")]
    assert named.recorded("dbsc.refresh") == ["session_ended"]
    said, status = lose_and_call(guest, BOUND, FRESH)
    assert (said["refreshResult"], said["newSession"]["key"]["id"], status) == ("Refreshed", second, 200)
    assert len(guest.dbsc("refresh")) == 2, "one for the old session's end, one for the new session"
    live = named.rows("SELECT id FROM sessions WHERE ended_at IS NULL")
    assert live == [(second,)]


def test_boundgates_own_session_is_of_its_origin_alone(guest: Person, named: NamedServer) -> None:
    [created] = guest.wait_for_dbsc("creation")
    session = created["creationEventDetails"]["newSession"]
    assert session["inclusionRules"]["includeSite"] is False
    assert session["inclusionRules"]["origin"] == named.origin
    assert {rule["hostPattern"] for rule in session["inclusionRules"]["urlRules"]} == {named.host}
    assert session["allowedRefreshInitiators"] == []
    assert {(cookie["name"], cookie["domain"]) for cookie in session["cookieCravings"]} == {
        (BOUND, named.host),
        (FRESH, named.host),
    }
    refreshed, _ = lose_and_call(guest)
    assert refreshed["newSession"]["inclusionRules"] == session["inclusionRules"], "and stays so"


def test_a_second_key_is_refused_recorded_and_changes_nothing_in_the_browser(
    person: Callable[..., Person], named: NamedServer, lab_browser: Browser
) -> None:
    owner = person(at=named, using=lab_browser)
    headers: list[dict[str, str]] = []
    owner.devtools.on("Network.responseReceivedExtraInfo", lambda event: headers.append(event["headers"]))
    owner.enrol(named.invite("owner"))
    thumbprint = owner.wait_until("bound")["key_thumbprint"]
    [value] = [
        value for fields in headers for name, value in fields.items() if name.lower() == "secure-session-registration"
    ]
    [offer] = read_offers(value)
    thief = SoftDbsc.for_offer(offer)
    refused = named.post(
        offer.path, {"Secure-Session-Response": thief.registration_proof(offer.challenge, offer.authorization)}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "second_key")
    assert "set-cookie" not in refused.headers
    said, _ = lose_and_call(owner)
    assert said["refreshResult"] == "Refreshed"
    assert owner.session()["key_thumbprint"] == thumbprint
    assert named.recorded("dbsc.register") == ["ok", "second_key"]
    assert ended(owner) == []


def test_an_arrival_from_another_site_proves_its_key_on_a_page_between(
    guest: Person, named: NamedServer, site: Site
) -> None:
    target = f"{named.origin}/v1/models"
    elsewhere = Site(site.stub, f"from-{site.host}")
    elsewhere.on("/", page(html=f"<a href='{target}'>go</a>"))
    answers: list[tuple[int, str]] = []
    guest.page.on("response", lambda answer: answers.append((answer.status, answer.headers["content-type"])))
    guest.delete_cookie(BOUND)
    guest.page.goto(elsewhere.url("/"))
    answers.clear()
    guest.page.click("a")
    guest.page.wait_for_function("() => document.body.textContent.includes('gpt-5.2-mini')")
    assert guest.page.url == target
    documents = [kind.partition(";")[0] for _, kind in answers if "image" not in kind and "css" not in kind]
    assert documents == ["text/html", "application/json"]
    assert named.recorded("dbsc.refresh") == ["ok"]
    models = json.loads(guest.page.evaluate("() => document.body.textContent"))
    assert re.search("gpt", models["data"][0]["id"])


def test_at_the_end_of_the_signing_quota_nobody_is_signed_out(
    person: Callable[..., Person], named: NamedServer, lab_quota_browser: Browser
) -> None:
    someone = person(at=named, using=lab_quota_browser)
    someone.enrol(named.invite("busy"))
    someone.wait_until("bound")
    results = [lose_and_call(someone) for _ in range(6)]
    assert [(said["refreshResult"], status) for said, status in results] == [
        *[("Refreshed", 200)] * 5,
        ("SigningQuotaExceeded", 401),
    ]
    assert ended(someone) == []
    assert someone.session()["state"] == "lapsed", "signed in, and bound to the same key"
    assert someone.cookie(LOGIN) is not None
    someone.page.goto(f"{named.origin}/playground")
    assert someone.page.url == f"{named.origin}/playground"
    assert named.recorded("dbsc.skipped")[-1] == "quota_exceeded"
    assert named.rows("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL") == [(1,)]


def test_a_registration_by_a_program_without_the_offer_changes_nothing(guest: Person, named: NamedServer) -> None:
    proof = SoftDbsc().registration_proof("a-challenge", "an-authorization")
    refused = named.post("/dbsc/register", {"Secure-Session-Response": proof})
    assert refused.status_code == 403
    assert isinstance(refused, httpx.Response)
    said, status = lose_and_call(guest)
    assert (said["refreshResult"], status) == ("Refreshed", 200)
