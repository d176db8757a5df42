"""A server made of `boundgate.dbsc` alone, in real Chromium."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from boundgate.errors import StorageUnavailable
from e2e.lab.library import BOUND, FRESH, REFRESH, REGISTER, LibraryServer
from e2e.lab.proofs import claims, header
from e2e.lab.site import Site
from e2e.lab.visit import Visit
from e2e.lab.wire import CHALLENGE, Answer, page


@pytest.fixture
def library(site: Site) -> LibraryServer:
    return LibraryServer(site)


def sign_in(visit: Visit, library: LibraryServer) -> str:
    """Sign in and be bound; returns the session's id."""
    before = len(visit.events)
    visit.goto(library.site.url("/login"))
    [created] = visit.wait_for("creation", after=before)
    assert created["details"]["fetchResult"] == "Success"
    return str(created["sessionId"])


def lose(visit: Visit, library: LibraryServer, *cookies: str) -> dict[str, str]:
    """Lose cookies and ask for a page; returns what the browser said of the refresh before it."""
    before = len(visit.events)
    visit.lose(*(cookies or (BOUND.name,)))
    visit.fetch(library.site.url("/app"))
    visit.sessions()
    refreshed: dict[str, str] = visit.wait_for("refresh", after=before)[0]["details"]
    return refreshed


def ended(visit: Visit) -> list[str]:
    return [event["details"]["deletionReason"] for event in visit.reported("termination")]


def test_every_refresh_is_one_round_trip(library: LibraryServer, visit: Visit) -> None:
    sign_in(visit, library)
    for _ in range(5):
        assert lose(visit, library)["refreshResult"] == "Refreshed"
    assert library.outcomes("dbsc.refresh") == ["ok"] * 5
    assert library.outcomes("dbsc.challenge") == [], "each answer brings the next challenge"
    signed = [claims(seen.proof or "")["jti"] for seen in library.site.seen(REFRESH)]
    assert len(set(signed)) == 5


def test_a_request_with_its_cookies_waits_for_nothing(library: LibraryServer, visit: Visit) -> None:
    sign_in(visit, library)
    visit.fetch(library.site.url("/app"))
    visit.sessions()
    assert library.site.seen(REFRESH) == []
    assert set(library.site.seen("/app")[0].cookies) == {BOUND.name, FRESH.name}


@pytest.mark.parametrize(
    "lost", [(BOUND.name,), (FRESH.name,), (BOUND.name, FRESH.name)], ids=["bound", "fresh", "both"]
)
def test_the_loss_of_either_cookie_brings_both_anew(
    lost: tuple[str, ...], library: LibraryServer, visit: Visit
) -> None:
    sign_in(visit, library)
    first = visit.jar()[BOUND.name]
    assert lose(visit, library, *lost)["refreshResult"] == "Refreshed"
    sent = library.site.seen("/app")[0].cookies
    assert set(sent) == {BOUND.name, FRESH.name}
    assert sent[BOUND.name] != first


def test_rs256_alone_registers_and_refreshes(site: Site, visit: Visit) -> None:
    library = LibraryServer(site, algorithms=("RS256",))
    sign_in(visit, library)
    assert header(site.seen(REGISTER)[0].proof or "")["jwk"]["kty"] == "RSA"
    assert lose(visit, library)["refreshResult"] == "Refreshed"
    assert header(site.seen(REFRESH)[0].proof or "") == {"alg": "RS256", "typ": "dbsc+jwt"}
    assert library.outcomes("dbsc.refresh") == ["ok"]


def test_a_second_key_is_refused_and_the_first_one_still_counts(
    library: LibraryServer, visits: Callable[..., Visit]
) -> None:
    owner, thief = visits(), visits()
    same_offer = page(library.offer())
    library.site.on("/login", same_offer)
    sign_in(owner, library)
    thief.goto(library.site.url("/login"))
    [refused] = thief.wait_for("creation")
    assert refused["details"]["fetchResult"] == "PersistentHttpError"
    assert refused["details"]["failedRequest"]["responseError"] == 409
    assert thief.jar() == {}
    assert lose(owner, library)["refreshResult"] == "Refreshed"
    assert library.outcomes("dbsc.register") == ["ok", "second_key"]


def test_a_session_that_has_ended_is_told_so(library: LibraryServer, visit: Visit) -> None:
    library.ended_ids.add(sign_in(visit, library))
    said = lose(visit, library)
    assert (said["refreshResult"], said["fetchResult"]) == ("FatalError", "ServerRequestedTermination")
    assert ended(visit) == ["ServerRequested"]
    assert visit.sessions() == []


def test_a_session_that_nobody_knows_ends_by_404(library: LibraryServer, visit: Visit) -> None:
    sign_in(visit, library)
    library.sessions.clear()
    said = lose(visit, library)
    assert (said["refreshResult"], said["fetchResult"]) == ("FatalError", "PersistentHttpError")
    assert ended(visit) == ["RefreshFatalError"]
    assert visit.sessions() == []


def test_a_challenge_that_was_used_is_answered_with_another_and_signed_at_once(
    library: LibraryServer, visit: Visit
) -> None:
    session_id = sign_in(visit, library)
    assert lose(visit, library)["refreshResult"] == "Refreshed"
    used = claims(library.site.seen(REFRESH)[0].proof or "")["jti"]
    library.site.on("/stale", page((CHALLENGE, f'"{used}";id="{session_id}"')))
    visit.fetch(library.site.url("/stale"))
    assert lose(visit, library)["refreshResult"] == "Refreshed"
    assert library.outcomes("dbsc.refresh") == ["ok", "challenge_stale", "ok"]
    assert ended(visit) == []


def test_a_store_that_fails_costs_nobody_the_session(
    library: LibraryServer, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise StorageUnavailable("The store does not answer; try again.")

    sign_in(visit, library)
    with monkeypatch.context() as broken:
        broken.setattr(library.renewals, "refresh", fail)
        said = lose(visit, library)
    assert (said["refreshResult"], said["fetchResult"]) == ("ServerError", "TransientHttpError")
    assert (library.site.seen("/app")[0].skipped or "").startswith("server_error;")
    assert lose(visit, library)["refreshResult"] == "Refreshed"
    assert ended(visit) == []


def test_a_challenge_ahead_on_an_ordinary_answer_is_what_the_next_refresh_signs(
    library: LibraryServer, visit: Visit
) -> None:
    session_id = sign_in(visit, library)
    ahead = library.renewals.challenge_header(session_id)
    library.site.on("/page", page((CHALLENGE, ahead)))
    visit.fetch(library.site.url("/page"))
    assert lose(visit, library)["refreshResult"] == "Refreshed"
    [proof] = [seen.proof or "" for seen in library.site.seen(REFRESH)]
    assert claims(proof)["jti"] == ahead.split('"')[1]
    assert library.outcomes("dbsc.challenge") == []


def test_a_proof_that_a_page_sends_itself_changes_nothing(library: LibraryServer, visit: Visit) -> None:
    session_id = sign_in(visit, library)
    headers = {"Secure-Session-Response": "x.y.z", "Sec-Secure-Session-Id": session_id}
    answered = visit.fetch(library.site.url(REFRESH), method="POST", headers=headers)
    assert answered["status"] == 400, "the browser lets no script name a session"
    assert library.site.seen(REFRESH)[0].session_id is None
    answered = visit.fetch(library.site.url(REGISTER), method="POST", headers=headers)
    assert answered["status"] == 403
    assert library.outcomes("dbsc.register") == ["ok", "page_script"]
    assert lose(visit, library)["refreshResult"] == "Refreshed"


def test_a_point_in_time_proof_is_given_in_the_middle_of_a_post_whose_body_stays(
    library: LibraryServer, visit: Visit
) -> None:
    sign_in(visit, library)
    library.site.on("/pay", Answer(307, (("Location", "/pay"), ("Set-Cookie", FRESH.expire()))), Answer(200, (), b"ok"))
    body = "amount=" + "9" * 100_000
    answered = visit.fetch(library.site.url("/pay"), method="POST", body=body)
    assert (answered["status"], answered["redirected"]) == (200, True)
    first, second = library.site.seen("/pay")
    assert (first.method, second.method) == ("POST", "POST")
    assert first.body == second.body == body.encode()
    assert second.cookies[BOUND.name] != first.cookies[BOUND.name]
    assert library.outcomes("dbsc.refresh") == ["ok"]


def test_the_same_for_a_form_that_is_posted(library: LibraryServer, visit: Visit) -> None:
    sign_in(visit, library)
    library.site.on("/pay", Answer(307, (("Location", "/pay"), ("Set-Cookie", FRESH.expire()))), page())
    library.site.on(
        "/form", page(html="<form method=post action=/pay><input name=a value=1><button>go</button></form>")
    )
    visit.goto(library.site.url("/form"))
    visit.page.click("button")
    visit.page.wait_for_url(library.site.url("/pay"))
    first, second = library.site.seen("/pay")
    assert first.body == second.body == b"a=1"
    assert second.cookies[BOUND.name] != first.cookies[BOUND.name]
