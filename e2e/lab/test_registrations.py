"""What a registration may be answered, and how sessions add up (DBSC §8.7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from e2e.lab.site import Site
from e2e.lab.visit import Visit
from e2e.lab.wire import RESET, Answer, challenge, cookie, json_answer, offer, page

Answers = Callable[[Site], Answer]
ROWS: dict[str, tuple[Answers, str]] = {
    "200": (lambda site: site.config(), "Success"),
    "201": (lambda site: site.config().having(status=201), "Success"),
    "200-empty": (lambda _: Answer(200, (cookie(),)), "EmptySessionConfig"),
    "204": (lambda _: Answer(204, (cookie(),)), "EmptySessionConfig"),
    "403-challenge": (lambda _: Answer(403, (challenge("n1"),)), "RegistrationAttemptedChallenge"),
    "403": (lambda _: Answer(403), "RegistrationAttemptedChallenge"),
    "400": (lambda _: Answer(400), "PersistentHttpError"),
    "409": (lambda _: Answer(409), "PersistentHttpError"),
    "429": (lambda _: Answer(429), "PersistentHttpError"),
    "500": (lambda _: Answer(500), "TransientHttpError"),
    "reset": (lambda _: RESET, "NetError"),
    "continue-false": (
        lambda _: json_answer({"session_identifier": "s1", "continue": False}),
        "ServerRequestedTermination",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_registration_answered_with(row: str, site: Site, visit: Visit) -> None:
    answer, expected = ROWS[row]
    created = site.bind(visit, answer=answer(site))
    assert created["details"]["fetchResult"] == expected
    assert len(visit.sessions()) == (expected == "Success")


@pytest.mark.parametrize("status", [302, 307])
def test_a_registration_follows_redirects_too(status: int, site: Site, visit: Visit) -> None:
    site.on("/elsewhere", site.config())
    site.bind(visit, answer=Answer(status, (("Location", "/elsewhere"),)))
    [followed] = site.seen("/elsewhere")
    assert followed.method == ("GET" if status == 302 else "POST")
    assert followed.proof == site.seen("/reg")[0].proof
    assert [session["key"]["id"] for session in visit.sessions()] == ["s1"]


@pytest.mark.parametrize("status", [200, 303, 401, 404, 500])
def test_an_offer_is_taken_from_an_answer_of_any_status(status: int, site: Site, visit: Visit) -> None:
    visit.goto(site.url("/"))
    site.on("/offer", page(offer(), ("Location", "/"), status=status))
    site.on("/reg", site.config())
    visit.fetch(site.url("/offer"))
    assert visit.wait_for("creation")[0]["details"]["fetchResult"] == "Success"


def test_a_session_of_the_same_id_takes_the_place_of_the_first(site: Site, visit: Visit) -> None:
    site.bind(visit)
    site.bind(visit)
    assert [event["details"]["deletionReason"] for event in visit.reported("termination")] == ["Replaced"]
    assert len(visit.sessions()) == 1


def test_sessions_of_other_ids_add_up_and_one_lost_cookie_renews_them_all(site: Site, visit: Visit) -> None:
    ids = ("s1", "s2", "s3")
    for session_id in ids:
        site.bind(visit, answer=site.config(session_id, refresh_url=f"/ref-{session_id}"))
        site.on(f"/ref-{session_id}", json_answer(site.document(session_id)))
    assert [session["key"]["id"] for session in visit.sessions()] == list(ids)
    before = len(visit.events)
    visit.lose("bound")
    visit.fetch(site.url("/app"))
    assert [event["sessionId"] for event in visit.wait_for("refresh", 3, after=before)] == list(ids)
    assert [len(site.seen(f"/ref-{session_id}")) for session_id in ids] == [1, 1, 1]


def test_a_challenge_on_the_registrations_answer_is_kept_for_the_first_refresh(site: Site, visit: Visit) -> None:
    site.bind(visit, challenge("n1"))
    heard = [event["details"]["challengeResult"] for event in visit.reported("challenge")]
    assert heard == ["NoSessionMatch"], "reported before the session exists, and harmless"
    assert visit.sessions()[0]["cachedChallenge"] == "n1"
