"""Boundgate itself, at `app.` of a site of its own, in real Chromium: rows of the table that it answers, and more."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser

from e2e.lab.boundgate import NamedServer
from e2e.lab.site import Site
from e2e.lab.wire import challenge, offer, page
from e2e.support.person import BOUND, FRESH, LOGIN, Person
from tests.support.soft_browser import SoftDbsc, read_offers

_NUMBERS = itertools.count(1)
HELLO = {"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def enrol(person: Callable[..., Person], lab_browser: Browser) -> Callable[..., Person]:
    """Makes somebody who is bound at a server."""

    def enrol(server: NamedServer, *, using: Browser | None = None) -> Person:
        someone = person(at=server, using=using or lab_browser)
        someone.enrol(server.invite(f"guest {next(_NUMBERS)}"))
        someone.wait_until("bound")
        return someone

    return enrol


@pytest.fixture
def guest(enrol: Callable[..., Person], named: NamedServer) -> Person:
    return enrol(named)


def lose_and_call(someone: Person, *cookies: str) -> tuple[dict[str, Any], int]:
    """Lose cookies and call the model; what the browser says of the refresh before it, and the call's status."""
    known = len(someone.dbsc("refresh"))
    for cookie in cookies or (BOUND,):
        someone.delete_cookie(cookie)
    status = someone.call(HELLO)["status"]
    return someone.wait_for_dbsc("refresh", known + 1)[known]["refreshEventDetails"], status


def ended(someone: Person, count: int = 0) -> list[tuple[str, str]]:
    """Ids and reasons of the sessions that the browser has dropped, once it has dropped so many."""
    someone.wait_for_dbsc("termination", count)
    return [
        (event["sessionId"], event["terminationEventDetails"]["deletionReason"])
        for event in someone.dbsc("termination")
    ]


def test_row_2xx_valid_every_refresh_of_boundgate(guest: Person, named: NamedServer) -> None:
    before = named.counted("dbsc.refresh", "dbsc.challenge")
    said, status = lose_and_call(guest)
    assert (said["refreshResult"], said["fetchResult"], status) == ("Refreshed", "Success", 200)
    assert named.counted("dbsc.refresh", "dbsc.challenge") - before == Counter(ok=1), "and no challenge was asked for"
    assert ended(guest) == []


def test_row_403_challenge_boundgate_started_anew(
    enrol: Callable[..., Person], boundgate: Callable[..., NamedServer]
) -> None:
    own = boundgate()
    guest = enrol(own)
    own.kill()
    own.start()
    said, status = lose_and_call(guest)
    assert (said["refreshResult"], status) == ("Refreshed", 200)
    assert own.recorded("dbsc.refresh") == ["challenge_stale", "ok"]
    assert ended(guest) == []


def test_row_network_error_boundgate_is_down_for_a_moment(
    enrol: Callable[..., Person], boundgate: Callable[..., NamedServer]
) -> None:
    own = boundgate()
    guest = enrol(own)
    own.kill()
    guest.delete_cookie(BOUND)
    failed = guest.page.evaluate("() => fetch('/v1/models').then(() => 'answered', () => 'failed')")
    assert failed == "failed"
    assert guest.wait_for_dbsc("refresh")[0]["refreshEventDetails"]["refreshResult"] == "Unreachable"
    own.start()
    said, status = lose_and_call(guest)
    assert (said["refreshResult"], status) == ("Refreshed", 200)
    assert ended(guest) == []


def test_row_404_boundgate_has_lost_its_database(
    enrol: Callable[..., Person], boundgate: Callable[..., NamedServer]
) -> None:
    own = boundgate()
    guest = enrol(own)
    own.kill()
    for file in own.data_dir.glob("boundgate.sqlite3*"):
        file.unlink()
    own.start()
    said, status = lose_and_call(guest)
    assert (said["refreshResult"], said["fetchResult"], status) == ("FatalError", "PersistentHttpError", 401)
    assert [reason for _, reason in ended(guest, 1)] == ["RefreshFatalError"]


def test_row_continue_false_a_new_sign_in_replaces_the_session_and_leaves_nothing_over(
    guest: Person, named: NamedServer
) -> None:
    [first] = [event["sessionId"] for event in guest.dbsc("creation")]
    before = named.counted("dbsc.refresh")
    # The sign-in page goes straight on for whoever is signed in.
    guest.delete_cookie(LOGIN)
    guest.sign_in()
    second = guest.wait_for_dbsc("creation", 2)[1]["sessionId"]
    guest.wait_until("bound")
    # The 303 of a sign-in expires both cookies. If a request of the page after it comes before the new key, it asks for
    # the old session's refresh at once; if not, the next lost cookie does.
    lose_and_call(guest, BOUND, FRESH)
    assert ended(guest, 1) == [(first, "ServerRequested")]
    known = len(guest.dbsc("refresh"))
    said, status = lose_and_call(guest, BOUND, FRESH)
    assert (said["refreshResult"], guest.dbsc("refresh")[known]["sessionId"], status) == ("Refreshed", second, 200)
    assert len(guest.dbsc("refresh")) == known + 1, "nothing is left over that would be refreshed as well"
    assert (named.counted("dbsc.refresh") - before)["session_ended"] == 1
    same_user = "user_id = (SELECT user_id FROM sessions WHERE id = ?)"
    assert named.rows(f"SELECT id FROM sessions WHERE ended_at IS NULL AND {same_user}", second) == [(second,)]


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
    assert refreshed["refreshResult"] == "Refreshed"
    assert "newSession" not in refreshed, "and stays so: the answer has no instructions"


def test_after_a_restart_the_first_refresh_brings_the_instructions_anew(
    enrol: Callable[..., Person], boundgate: Callable[..., NamedServer]
) -> None:
    own = boundgate(session_cache_seconds=0)
    guest = enrol(own)
    rules = guest.dbsc("creation")[0]["creationEventDetails"]["newSession"]["inclusionRules"]
    own.kill()
    own.start()
    first, status = lose_and_call(guest)
    assert (first["refreshResult"], first["newSession"]["inclusionRules"], status) == ("Refreshed", rules, 200)
    assert own.recorded("dbsc.refresh")[-1] == "ok", "the record of that proof is written"
    second, status = lose_and_call(guest)
    assert (second["refreshResult"], "newSession" in second, status) == ("Refreshed", False, 200)


def test_a_second_key_is_refused_recorded_and_changes_nothing_in_the_browser(
    person: Callable[..., Person], named: NamedServer, lab_browser: Browser
) -> None:
    before = named.counted("dbsc.register")
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
    assert named.counted("dbsc.register") - before == Counter(ok=1, second_key=1)
    assert ended(owner) == []


def test_a_sibling_host_gets_no_cookie_and_registers_nothing(guest: Person, named: NamedServer, site: Site) -> None:
    before = named.counted("dbsc.register")
    [session_id] = [event["sessionId"] for event in guest.dbsc("creation")]
    evil = Site(site.stub, named.host.replace("app.", "evil."))
    evil.on("/login", page(offer(f"{named.origin}/dbsc/register", authorization="evil"), challenge("evil", session_id)))
    # In another tab: what a sibling makes up is none of the secrets that the run looks for.
    tab = guest.context.new_page()
    tab.goto(evil.url("/login"))
    refused = guest.wait_for_dbsc("creation", 2)[1]["creationEventDetails"]
    assert refused["failedRequest"]["responseError"] == 403
    assert named.counted("dbsc.register") - before == Counter(page_script=1)
    assert evil.seen("/login")[0].cookies == {}
    heard = [event["challengeEventDetails"] for event in guest.dbsc("challenge")]
    assert [found["challengeResult"] for found in heard if found["challenge"] == "evil"] == ["CantSetBoundCookie"]
    said, status = lose_and_call(guest)
    assert (said["refreshResult"], status) == ("Refreshed", 200)


def test_a_sibling_host_that_clears_cookies_signs_everybody_out_and_the_server_goes_on(
    guest: Person, named: NamedServer, site: Site
) -> None:
    evil = Site(site.stub, named.host.replace("app.", "evil."))
    evil.on("/clear", page(("Clear-Site-Data", '"cookies"')))
    guest.context.new_page().goto(evil.url("/clear"))
    assert [reason for _, reason in ended(guest, 1)] == ["StoragePartitionCleared"]
    assert guest.session()["state"] == "signed_out"
    guest.sign_in()
    guest.wait_until("bound")


def test_an_arrival_from_another_site_proves_its_key_on_a_page_between(
    guest: Person, named: NamedServer, site: Site
) -> None:
    target = f"{named.origin}/v1/models"
    elsewhere = Site(site.stub, f"from-{site.host}")
    elsewhere.on("/", page(html=f"<a href='{target}'>go</a>"))
    guest.delete_cookie(BOUND)
    guest.page.goto(elsewhere.url("/"))
    before = named.counted("dbsc.refresh")
    documents: list[str] = []
    guest.page.on(
        "response",
        lambda answer: (
            documents.append(answer.headers["content-type"].partition(";")[0])
            if answer.request.resource_type == "document"
            else None
        ),
    )
    guest.page.click("a")
    guest.page.wait_for_function("() => document.body.textContent.includes('gpt-5.2-mini')")
    assert guest.page.url == target
    assert documents == ["text/html", "application/json"]
    assert named.counted("dbsc.refresh") - before == Counter(ok=1)
    models = json.loads(guest.page.evaluate("() => document.body.textContent"))
    assert models["object"] == "list"


def test_at_the_end_of_the_signing_quota_nobody_is_signed_out(
    lab_quota_browser: Browser, enrol: Callable[..., Person], named: NamedServer
) -> None:
    before = named.counted("dbsc.skipped")
    someone = enrol(named, using=lab_quota_browser)
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
    assert set(named.counted("dbsc.skipped") - before) == {"quota_exceeded"}


def test_a_registration_by_a_program_without_the_offer_changes_nothing(guest: Person, named: NamedServer) -> None:
    proof = SoftDbsc().registration_proof("a-challenge", "an-authorization")
    refused = named.post("/dbsc/register", {"Secure-Session-Response": proof})
    assert refused.status_code == 403
    said, status = lose_and_call(guest)
    assert (said["refreshResult"], status) == ("Refreshed", 200)
