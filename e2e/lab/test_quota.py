"""Chromium's signing quota, six signatures in nine minutes for a whole site, left on (`RefreshQuota`)."""

from __future__ import annotations

from e2e.lab.library import BOUND, REFRESH, LibraryServer
from e2e.lab.outcome import Outcome, refresh
from e2e.lab.site import Site
from e2e.lab.visit import Visit
from e2e.lab.wire import Answer, challenge, cookie

SIGNATURES = 6
EXHAUSTED = Outcome(
    "SigningQuotaExceeded",
    "SigningQuotaExceeded",
    ended=None,
    kept=True,
    skipped="quota_exceeded",
    cookie=False,
    asked=0,
)


def test_the_seventh_signature_is_not_made_and_the_session_stays(site: Site, quota_visit: Visit) -> None:
    library, visit = LibraryServer(site), quota_visit
    visit.goto(site.url("/login"))
    [created] = visit.wait_for("creation")
    results = []
    for number in range(SIGNATURES):
        visit.lose(BOUND.name)
        visit.fetch(site.url("/app"))
        results.append(visit.wait_for("refresh", number + 1)[number]["details"]["refreshResult"])
    assert results == ["Refreshed"] * (SIGNATURES - 1) + ["SigningQuotaExceeded"], "the registration is one of the six"
    assert site.seen("/app")[-1].skipped == f'quota_exceeded;session_identifier="{created["sessionId"]}"'
    assert [session["key"]["id"] for session in visit.sessions()] == [created["sessionId"]]
    assert visit.reported("termination") == []
    assert library.outcomes("dbsc.refresh") == ["ok"] * (SIGNATURES - 1)


def test_a_proof_that_is_sent_again_costs_nothing(site: Site, quota_visit: Visit) -> None:
    visit = quota_visit
    site.bind(visit, challenge("n1"))
    for _ in range(2 * SIGNATURES):
        assert refresh(site, visit, Answer(204, (cookie(),))).result == "Refreshed"
    assert len({seen.proof for seen in site.seen("/ref")}) == 1


def test_neighbours_of_a_site_share_the_quota(site: Site, quota_visit: Visit) -> None:
    visit, neighbour = quota_visit, site.below("neighbour")
    LibraryServer(site)
    LibraryServer(neighbour)
    visit.goto(site.url("/login"))
    visit.wait_for("creation")
    for number in range(1, SIGNATURES):
        visit.goto(neighbour.url("/login"))
        visit.wait_for("creation", number + 1)
    visit.goto(site.url("/"))
    visit.lose(BOUND.name)
    visit.fetch(site.url("/app"))
    said = visit.wait_for("refresh")[0]["details"]
    assert said["refreshResult"] == "SigningQuotaExceeded"
    assert site.seen(REFRESH) == []
