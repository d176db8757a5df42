"""From evidence to steps: what each fault is called, what is said of it, and what decides."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from boundgate.doctor.evidence import Order, Session, Visit
from boundgate.doctor.judging import STEP_NAMES, judge
from boundgate.doctor.steps import NEEDED
from tests.doctor.builders import (
    ATTRIBUTES,
    COOKIE,
    DOCUMENT,
    ORIGIN,
    RAW,
    attempt,
    evidence,
    exchange,
    jar,
)

NAMES = json.loads((Path(__file__).parents[1] / "vectors" / "dbsc" / "cdp_names.json").read_text())


def step(report, name):
    (found,) = [one for one in report.steps if one.name == name]
    return found


def skipped(one):
    return one.explanation.startswith("Not reached because ")


def broken(report):
    return [one.name for one in report.steps if not one.ok and not skipped(one)]


def test_where_all_is_well_nothing_is_to_be_done():
    report = judge(evidence())
    assert report.ok
    assert [one for one in report.steps if not one.ok or one.fix or one.browser_error] == []


def test_every_step_is_reported_whatever_was_reached():
    nothing = judge(evidence(page=None, login=None, offers=(), creation=None, session=None, attempts=[], exchanges=()))
    assert tuple(one.name for one in nothing.steps) == STEP_NAMES
    assert tuple(one.name for one in judge(evidence()).steps) == STEP_NAMES
    assert all(skipped(one) and one.fix for one in nothing.steps if one.name != "address")


def test_the_document_has_exactly_the_members_that_programs_rely_on():
    document = judge(evidence()).document()
    assert document.keys() == {"ok", "steps"}
    assert all(one.keys() == {"name", "ok", "browser_error", "explanation", "fix"} for one in document["steps"])
    json.dumps(document)


@pytest.mark.parametrize("url", ["http://localhost:8443/", "http://app.example.test/"])
def test_without_tls_nothing_is_tried(url):
    report = judge(evidence(order=Order(url=url), page=None, creation=None, session=None))
    assert broken(report) == ["address"]
    assert "ignore every header of DBSC" in step(report, "address").explanation


def test_a_certificate_that_is_not_accepted_names_the_switch_and_the_key():
    visit = Visit(url=f"{ORIGIN}/", status=None, error="net::ERR_CERT_AUTHORITY_INVALID")
    report = judge(evidence(page=visit, served_spki="HASH=", creation=None, session=None))
    found = step(report, "page")
    assert (found.ok, found.browser_error) == (False, "net::ERR_CERT_AUTHORITY_INVALID")
    assert "--trust-spki HASH=" in found.fix
    assert "silent" in found.explanation or "neither reports" in found.explanation


def test_a_server_that_is_not_there_is_said_to_be_so():
    visit = Visit(url=f"{ORIGIN}/", status=None, error="net::ERR_CONNECTION_REFUSED")
    found = step(judge(evidence(page=visit, creation=None, session=None)), "page")
    assert "nobody listens there" in found.explanation


@pytest.mark.parametrize("name", [name for name in NAMES["fetchResult"] if name != "Success"])
def test_each_refused_registration_is_named_and_explained(name):
    report = judge(evidence(creation={"fetchResult": name}, session=None, attempts=[]))
    found = step(report, "registration")
    assert (found.ok, found.browser_error) == (False, name)
    assert found.explanation.startswith(f"{name}: ")
    assert not report.ok


def test_the_instructions_themselves_tell_where_they_are_wrong():
    document = DOCUMENT | {"credentials": [{"type": "cookie", "name": "__Host-b", "attributes": "Path=/; Max-Age=1"}]}
    answer = exchange("registration", body=json.dumps(document).encode())
    creation = {"fetchResult": "InvalidCredentialsCookieUnpermittedAttribute"}
    report = judge(evidence(creation=creation, session=None, attempts=[], exchanges=(answer,)))
    assert "In the answer: credentials[0]" in step(report, "registration").explanation


def test_a_page_in_place_of_instructions_is_shown():
    answer = exchange("registration", body=b"<h1>Please\nsign in</h1>")
    report = judge(
        evidence(creation={"fetchResult": "InvalidConfigJson"}, session=None, attempts=[], exchanges=(answer,))
    )
    assert 'The body was "<h1>Please sign in</h1>".' in step(report, "registration").explanation


def test_the_well_known_document_is_quoted_where_it_refused():
    document = replace(exchange("well_known", None, body=b'{"registering_origins": []}'), url="https://example.test/w")
    creation = {"fetchResult": "SubdomainRegistrationUnauthorized"}
    report = judge(evidence(creation=creation, session=None, attempts=[], exchanges=(document,)))
    assert (
        'https://example.test/w answered 200: "{"registering_origins": []}".'
        in step(report, "registration").explanation
    )


def test_a_failed_request_is_quoted():
    request = {"requestUrl": f"{ORIGIN}/dbsc/register", "responseError": 401, "responseErrorBody": "no " * 200}
    creation = {"fetchResult": "PersistentHttpError", "failedRequest": request}
    found = step(judge(evidence(creation=creation, session=None, attempts=[])), "registration")
    assert f'{ORIGIN}/dbsc/register answered 401, saying "no no' in found.explanation
    assert len(found.explanation) < 800


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"same_site": "Strict"}, "SameSite is Strict and should be Lax"),
        ({"same_site": None}, "SameSite is absent and should be Lax"),
        ({"http_only": False}, "HttpOnly is absent and should be set"),
        ({"secure": False}, "Secure is absent and should be set"),
        ({"path": "/app"}, "Path is /app and should be /"),
        ({"domain": ".example.test"}, "Domain is example.test and should be absent (for app.example.test alone)"),
        ({"partitioned": True}, "Partitioned is set and should be absent"),
    ],
)
def test_each_attribute_that_differs_is_named(changes, said):
    other = replace(COOKIE, **changes)
    report = judge(evidence(jar=jar(stored=other)))
    found = step(report, "cookie")
    assert not found.ok
    assert said in found.explanation
    assert not report.ok


def test_a_refresh_that_leaves_the_cookie_stale_is_none():
    stale = attempt(after="v2")
    stale = replace(stale, after=jar("v2", stored=replace(COOKIE, path="/x")))
    report = judge(evidence(attempts=[stale, stale]))
    assert broken(report) == ["refresh", "second_refresh"]


def test_a_cookie_that_the_browser_refused_is_named_with_its_reasons():
    answer = replace(exchange("registration"), refused_cookies=(("__Host-b", "EXCLUDE_INVALID_PREFIX"),))
    found = step(judge(evidence(jar=(), exchanges=(answer,))), "cookie")
    assert "The jar has no cookie __Host-b." in found.explanation
    assert "EXCLUDE_INVALID_PREFIX" in found.explanation


@pytest.mark.parametrize(
    ("life", "ok"),
    [(None, False), (60.0, False), (120.0, False), (150.0, False), (209.0, False), (210.0, True), (300.0, True)],
)
def test_the_cookie_must_live_long_enough_for_the_signing_quota(life, ok):
    report = judge(evidence(jar=jar(life=life)))
    assert step(report, "cookie_life").ok == ok
    assert report.ok, "advice does not decide"


def test_no_challenge_ahead_is_no_fault_but_one_that_was_thrown_away_is():
    without = Session({**RAW, "cachedChallenge": ""})
    assert step(judge(evidence(session=without)), "next_challenge").ok
    found = step(judge(evidence(session=without, challenges=["NoSessionId"])), "next_challenge")
    assert (found.ok, found.browser_error) == (False, "NoSessionId")


@pytest.mark.parametrize("name", [name for name in NAMES["refreshResult"] if not name.startswith("Refreshed")])
def test_each_refresh_that_did_not_come_about_is_named(name):
    bad = attempt(result={"refreshResult": name})
    found = step(judge(evidence(attempts=[bad, bad])), "refresh")
    assert (found.ok, found.browser_error) == (False, name)


def test_the_reason_of_a_refresh_goes_before_its_result():
    bad = attempt(
        result={"refreshResult": "FatalError", "fetchResult": "InvalidChallenge"}, deletion="RefreshFatalError"
    )
    report = judge(evidence(attempts=[bad], deletion="RefreshFatalError", closed=False))
    assert step(report, "refresh").browser_error == "InvalidChallenge"
    assert "ended (RefreshFatalError)" in step(report, "second_refresh").explanation
    assert step(report, "session").browser_error == "RefreshFatalError"


@pytest.mark.parametrize("usage", ["NotInScope", "InScopeRefreshNotAllowed"])
def test_a_request_that_caused_no_refresh_says_why(usage):
    none = attempt(result=None, usages=(usage,))
    found = step(judge(evidence(attempts=[none, none])), "refresh")
    assert (found.ok, found.browser_error) == (False, usage)


def test_a_refresh_that_nobody_reported_is_said_to_be_so():
    found = step(judge(evidence(attempts=[attempt(result=None, usages=())])), "refresh")
    assert (found.ok, found.browser_error) == (False, None)


def test_a_server_that_wants_no_proof_is_found_though_the_browser_is_content():
    unproved = (exchange("registration", None), exchange("refresh", "a"), exchange("refresh", "b"))
    report = judge(evidence(exchanges=unproved))
    assert broken(report) == ["proof"]
    assert not report.ok
    unproved = (exchange("registration"), exchange("refresh", None), exchange("refresh", None))
    assert broken(judge(evidence(exchanges=unproved))) == ["proof"]


def test_a_proof_that_is_accepted_twice_is_found():
    repeated = (exchange("registration"), exchange("refresh", "a"), exchange("refresh", "a"))
    report = judge(evidence(exchanges=repeated))
    assert broken(report) == ["proof"]
    refused_once = (exchange("registration"), exchange("refresh", "a"), exchange("refresh", "a", status=403))
    assert "proof" not in broken(judge(evidence(exchanges=(*refused_once, exchange("refresh", "b")))))


def test_round_trips_are_counted_and_a_refused_challenge_is_found():
    asked = exchange("refresh", None, status=403, body=b"")
    two = (exchange("registration"), asked, exchange("refresh", "d"), asked, exchange("refresh", "e"))
    unasked = [attempt(challenge_ahead=False), attempt("v2", "v3", challenge_ahead=False)]
    found = step(judge(evidence(exchanges=two, attempts=unasked)), "round_trips")
    assert found.ok
    assert "2, 2" in found.explanation
    assert not step(judge(evidence(exchanges=two)), "round_trips").ok


def test_a_value_that_stays_is_found():
    report = judge(evidence(attempts=[attempt("v1", "v1"), attempt("v1", "v1")]))
    assert broken(report) == ["rotation"]
    assert report.ok


def test_the_quota_is_counted_in_proofs():
    assert "3 of the 6" in step(judge(evidence()), "signing_quota").explanation
    out = attempt(result={"refreshResult": "SigningQuotaExceeded", "fetchResult": "SigningQuotaExceeded"})
    found = step(judge(evidence(attempts=[out, out])), "signing_quota")
    assert (found.ok, found.browser_error) == (False, "SigningQuotaExceeded")


def test_a_browser_that_broke_off_is_told_at_the_first_step_that_is_missing():
    report = judge(evidence(session=None, creation=None, attempts=[], closed=False, gone="the browser has closed."))
    assert "broke off: the browser has closed." in step(report, "registration").explanation


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_what_is_needed_decides(name):
    report = judge(evidence())
    spoilt = [replace(one, ok=one.name != name) for one in report.steps]
    assert not replace(report, steps=spoilt).ok


@pytest.mark.parametrize("name", sorted(set(STEP_NAMES) - NEEDED))
def test_what_is_advice_does_not(name):
    report = judge(evidence())
    spoilt = [replace(one, ok=one.name != name) for one in report.steps]
    assert replace(report, steps=spoilt).ok


def test_no_cookie_value_and_no_proof_is_ever_shown():
    seen = evidence(jar=jar("sEcReT"), attempts=[attempt("sEcReT", "sEcReT2")])
    answer = exchange("registration", "pRoOf.x.y", set_cookie=f"__Host-b=sEcReT; {ATTRIBUTES}; Path=/x")
    shown = json.dumps(judge(replace(seen, exchanges=(answer,), jar=())).document())
    assert "sEcReT" not in shown
    assert "pRoOf" not in shown
