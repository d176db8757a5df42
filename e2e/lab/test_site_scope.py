"""Sessions of a whole site: shared by subdomains, and only where the registrable domain allows it (DBSC §8.7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from boundgate.dbsc.well_known import WellKnown, check_registration_allowed
from e2e.lab.site import Site
from e2e.lab.stub import WELL_KNOWN
from e2e.lab.visit import Visit
from e2e.lab.wire import NOTHING, RESET, Answer, challenge, cookie, json_answer, offer, page

UNAVAILABLE = "SubdomainRegistrationWellKnownUnavailable"
MALFORMED = "SubdomainRegistrationWellKnownMalformed"
UNAUTHORIZED = "SubdomainRegistrationUnauthorized"


def naming(*origins: Any) -> Answer:
    return json_answer({"registering_origins": list(origins)})


def attributes(site: Site) -> str:
    return f"Domain={site.host}; Path=/; Secure; HttpOnly; SameSite=Lax"


def register(visit: Visit, host: Site, site: Site, *rules: dict[str, str]) -> str:
    """Register a session of the whole `site` from `host`; returns what the browser says."""
    document = site.document(
        scope={"origin": site.origin, "include_site": True, "scope_specification": list(rules)},
        credentials=[{"type": "cookie", "name": "bound", "attributes": attributes(site)}],
    )
    answer = json_answer(document, cookie(attributes=attributes(site)), challenge("n1"))
    host.on("/login", page(offer()))
    host.on("/reg", answer)
    host.on("/ref", answer)
    visit.goto(host.url("/login"))
    return str(visit.wait_for("creation")[0]["details"]["fetchResult"])


def test_a_subdomain_that_the_site_names_registers_for_all_of_it(site: Site, visit: Visit) -> None:
    app, api = site.below("app"), site.below("api")
    site.on(WELL_KNOWN, naming(app.origin))
    assert register(visit, app, site) == "Success"
    [asked] = site.seen(WELL_KNOWN)
    assert (asked.method, asked.cookies, asked.headers["sec-fetch-site"]) == ("GET", {}, "same-site")
    for number, host in enumerate((app, api, site), start=1):
        visit.goto(host.url("/"))
        visit.lose("bound")
        visit.fetch(host.url("/data"))
        assert host.seen("/data")[0].cookies == {"bound": "1"}, "refreshed before the request"
        assert len(app.seen("/ref")) == number, "at the host that registered"
    assert len(site.seen(WELL_KNOWN)) == 1, "asked at the registration alone"


def test_the_site_itself_needs_no_such_document(site: Site, visit: Visit) -> None:
    assert register(visit, site, site) == "Success"
    assert site.seen(WELL_KNOWN) == []


REFUSALS: dict[str, tuple[Callable[[Site], Answer], str]] = {
    "missing": (lambda _: NOTHING, UNAVAILABLE),
    "server-error": (lambda _: Answer(500), UNAVAILABLE),
    "no-content": (lambda _: Answer(204), UNAVAILABLE),
    "reset": (lambda _: RESET, UNAVAILABLE),
    "html": (lambda _: page(), MALFORMED),
    "an-array": (lambda _: json_answer([]), MALFORMED),
    "origins-not-an-array": (lambda app: json_answer({"registering_origins": app.origin}), MALFORMED),
    "an-origin-that-is-a-number": (lambda app: naming(app.origin, 1), MALFORMED),
    "another-member-of-the-wrong-type": (
        lambda app: json_answer({"registering_origins": [app.origin], "provider_origin": 1}),
        MALFORMED,
    ),
    "nothing-said": (lambda _: json_answer({}), UNAUTHORIZED),
    "nobody-named": (lambda _: naming(), UNAUTHORIZED),
    "without-port": (lambda app: naming(f"https://{app.host}"), UNAUTHORIZED),
    "with-a-slash": (lambda app: naming(f"{app.origin}/"), UNAUTHORIZED),
    "a-star": (lambda _: naming("*"), UNAUTHORIZED),
}


@pytest.mark.parametrize("document", REFUSALS)
def test_a_subdomain_is_refused_where_the_sites_document_is(document: str, site: Site, visit: Visit) -> None:
    app = site.below("app")
    answer, expected = REFUSALS[document]
    site.on(WELL_KNOWN, answer(app))
    assert register(visit, app, site) == expected
    assert visit.sessions() == []
    assert len(app.seen("/reg")) == 1, "the server believes that it has a session all the same"
    if expected != UNAVAILABLE:
        [foretold] = check_registration_allowed(answer(app).body, registering_origin=app.origin)
        assert foretold.chrome == expected


def test_the_sites_document_may_be_somewhere_else(site: Site, visit: Visit) -> None:
    app = site.below("app")
    site.on(WELL_KNOWN, Answer(302, (("Location", "/elsewhere"),)))
    site.on("/elsewhere", naming(app.origin))
    assert register(visit, app, site) == "Success"


def test_the_librarys_document_is_honoured(site: Site, visit: Visit) -> None:
    app = site.below("app")
    document = WellKnown(origin=site.origin, registering_origins=[app.origin])
    site.on(WELL_KNOWN, Answer(200, (), document.body))
    assert register(visit, app, site) == "Success"


def test_the_documents_content_type_does_not_matter(site: Site, visit: Visit) -> None:
    app = site.below("app")
    body = json.dumps({"registering_origins": [app.origin]}).encode()
    site.on(WELL_KNOWN, Answer(200, (("Content-Type", "text/plain"),), body))
    assert register(visit, app, site) == "Success"


def test_requests_out_of_scope_do_not_wait(site: Site, visit: Visit) -> None:
    outside = {"type": "exclude", "domain": site.host, "path": "/static"}
    site.bind(visit, answer=site.config(scope={"include_site": False, "scope_specification": [outside]}))
    site.on("/ref", Answer(503))
    visit.lose("bound")
    for path in ("/static", "/static/mark.svg", "/ref/below"):
        visit.fetch(site.url(path))
        sent = site.seen(path)[0]
        assert (sent.cookies, sent.skipped) == ({}, None)
    visit.sessions()
    assert site.seen("/ref") == []
    visit.fetch(site.url("/statics"))
    assert site.seen("/statics")[0].skipped == 'server_error;session_identifier="s1"'
    assert len(site.seen("/ref")) == 1


def test_later_rules_win(site: Site, visit: Visit) -> None:
    rules = ({"type": "exclude"}, {"type": "include", "domain": f"app.{site.host}"})
    assert register(visit, site, site, *rules) == "Success"
    app = site.below("app")
    for host, refreshes in ((site, 0), (site.below("api"), 0), (app, 1)):
        visit.lose("bound")
        visit.goto(host.url("/"))
        visit.sessions()
        assert len(site.seen("/ref")) == refreshes, host.host
