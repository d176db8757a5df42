"""A refresh that is answered with a redirect: Chromium follows, and takes the session's id and proof along."""

from __future__ import annotations

import pytest

from e2e.lab.outcome import Outcome, refresh
from e2e.lab.site import Site
from e2e.lab.stub import Stub
from e2e.lab.visit import Visit
from e2e.lab.wire import Answer, challenge

METHODS = {301: "GET", 302: "GET", 303: "GET", 307: "POST", 308: "POST"}
"""Method of the second request, as with fetch."""


def redirect(status: int, target: str) -> Answer:
    return Answer(status, (("Location", target),))


@pytest.mark.parametrize("status", METHODS)
def test_a_redirect_within_the_origin_is_followed(site: Site, visit: Visit, status: int) -> None:
    site.bind(visit, challenge("c2"))
    site.on("/elsewhere", site.config())
    outcome = refresh(site, visit, redirect(status, "/elsewhere"))
    assert outcome == Outcome("Refreshed", "Success", ended=None, kept=True, skipped=None, cookie=True, asked=1)
    followed = site.seen("/elsewhere")[0]
    assert (followed.method, followed.session_id) == (METHODS[status], "s1")
    assert followed.proof == site.seen("/ref")[0].proof is not None


@pytest.mark.parametrize("status", METHODS)
def test_a_redirect_to_another_site_leaks_id_and_proof_and_refreshes_nothing(
    site: Site, stub: Stub, visit: Visit, status: int
) -> None:
    stranger = Site(stub, f"other-{site.host}")
    stranger.on("/steal", stranger.config())
    site.bind(visit, challenge("c2"))
    outcome = refresh(site, visit, redirect(status, stranger.url("/steal")))
    assert outcome == Outcome(
        "ServerError",
        "BoundCookieSetForbidden",
        ended=None,
        kept=True,
        skipped="server_error",
        cookie=False,
        asked=1,
    )
    leaked = stranger.seen("/steal")[0]
    assert (leaked.method, leaked.session_id) == (METHODS[status], "s1")
    assert leaked.proof == site.seen("/ref")[0].proof is not None
    assert leaked.headers["sec-fetch-site"] == "cross-site"
    assert leaked.headers.get("origin") == ("null" if METHODS[status] == "POST" else None)
