"""Who may make the browser refresh: arrivals from another site, and `allowed_refresh_initiators` (DBSC §8.6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from e2e.lab.site import Site
from e2e.lab.stub import Stub
from e2e.lab.visit import Visit
from e2e.lab.wire import challenge, cookie, json_answer, page

LAX, NONE = "Path=/; Secure; HttpOnly; SameSite=Lax", "Path=/; Secure; HttpOnly; SameSite=None"


@pytest.fixture
def stranger(site: Site, stub: Stub) -> Site:
    """A page of another site."""
    return Site(stub, f"from-{site.host}")


def bind(visit: Visit, site: Site, *initiators: str, attributes: str = LAX) -> None:
    """A session whose cookie has been lost."""
    members = {"allowed_refresh_initiators": list(initiators)} if initiators else {}
    credentials = [{"type": "cookie", "name": "bound", "attributes": attributes}]
    document = site.document(credentials=credentials, **members)
    answer = json_answer(document, cookie(attributes=attributes), challenge("n1"))
    site.bind(visit, answer=answer)
    site.on("/ref", answer)
    visit.lose("bound")


def follow_link(visit: Visit, stranger: Site, target: str) -> None:
    stranger.on("/", page(html=f"<a href='{target}'>go</a>"))
    visit.goto(stranger.url("/"))
    visit.page.click("a")
    visit.page.wait_for_url(target)


def post_form(visit: Visit, stranger: Site, target: str) -> None:
    stranger.on("/", page(html=f"<form method=post action='{target}'><button>go</button></form>"))
    visit.goto(stranger.url("/"))
    visit.page.click("button")
    visit.page.wait_for_url(target)


def embed(visit: Visit, stranger: Site, target: str) -> None:
    stranger.on("/", page(html=f"<iframe src='{target}'></iframe>"))
    visit.goto(stranger.url("/"))


def fetch(visit: Visit, stranger: Site, target: str) -> None:
    visit.goto(stranger.url("/"))
    visit.fetch(target, mode="no-cors", credentials="include")


Way = Callable[[Visit, Site, str], None]
WAYS: dict[str, Way] = {"link": follow_link, "form": post_form, "iframe": embed, "fetch": fetch}


def arrive(visit: Visit, site: Site, stranger: Site, way: Way) -> tuple[dict[str, str], str | None, int]:
    """Come from the other site; what the request carried, and how many refreshes there were before it."""
    way(visit, stranger, site.url("/app"))
    [sent] = site.stub.wait_for(site.host, "/app")
    visit.sessions()
    return sent.cookies, sent.skipped, len(site.seen("/ref"))


@pytest.mark.parametrize("way", WAYS)
def test_from_another_site_nothing_refreshes_and_nothing_is_said(
    way: str, site: Site, stranger: Site, visit: Visit
) -> None:
    bind(visit, site)
    assert arrive(visit, site, stranger, WAYS[way]) == ({}, None, 0)
    assert [session["key"]["id"] for session in visit.sessions()] == ["s1"]


@pytest.mark.parametrize("pattern", ["host", "below", "all"])
def test_a_link_from_an_allowed_initiator_refreshes_first(
    pattern: str, site: Site, stranger: Site, visit: Visit
) -> None:
    start = stranger.below("idp") if pattern == "below" else stranger
    bind(visit, site, {"host": stranger.host, "below": f"*.{stranger.host}", "all": "*"}[pattern])
    assert arrive(visit, site, start, follow_link) == ({"bound": "1"}, None, 1)
    [asked] = site.seen("/ref")
    assert (asked.headers["origin"], asked.headers["sec-fetch-site"]) == (site.origin, "same-origin")


@pytest.mark.parametrize("pattern", ["host-above", "url", "another"])
def test_an_initiator_that_is_not_allowed_does_not(pattern: str, site: Site, stranger: Site, visit: Visit) -> None:
    allowed = {"host-above": f"*.{stranger.host}", "url": stranger.origin, "another": "other.test"}[pattern]
    bind(visit, site, allowed)
    assert arrive(visit, site, stranger, follow_link) == ({}, None, 0)


@pytest.mark.parametrize("way", ["form", "iframe", "fetch"])
def test_even_an_allowed_initiator_does_not_where_the_cookie_would_not_be_sent(
    way: str, site: Site, stranger: Site, visit: Visit
) -> None:
    bind(visit, site, stranger.host)
    assert arrive(visit, site, stranger, WAYS[way]) == ({}, None, 0)


@pytest.mark.parametrize(("way", "sent"), [("form", True), ("iframe", False), ("fetch", False)])
def test_with_samesite_none_an_allowed_page_refreshes_by_posting_and_not_as_a_third_party(
    way: str, sent: bool, site: Site, stranger: Site, visit: Visit
) -> None:
    # This browser sends no third-party cookies; where they are sent, frames and fetches would refresh too.
    bind(visit, site, stranger.host, attributes=NONE)
    assert arrive(visit, site, stranger, WAYS[way]) == (({"bound": "1"}, None, 1) if sent else ({}, None, 0))


@pytest.mark.parametrize("hop", ["refresh-header", "meta", "script"])
def test_a_same_origin_page_between_makes_it_refresh(hop: str, site: Site, stranger: Site, visit: Visit) -> None:
    bind(visit, site)
    target = site.url("/app")
    between = {
        "refresh-header": page(("Refresh", f"0;url={target}")),
        "meta": page(html=f"<meta http-equiv=refresh content='0;url={target}'>"),
        "script": page(html=f"<script>location.replace('{target}')</script>"),
    }[hop]
    site.on("/between", between)
    stranger.on("/", page(html=f"<a href='{site.url('/between')}'>go</a>"))
    visit.goto(stranger.url("/"))
    visit.page.click("a")
    visit.page.wait_for_url(target)
    assert site.seen("/between")[0].cookies == {}
    assert site.seen("/app")[0].cookies == {"bound": "1"}
    assert len(site.seen("/ref")) == 1


def test_a_redirect_between_does_not(site: Site, stranger: Site, visit: Visit) -> None:
    bind(visit, site)
    site.on("/between", page(("Location", "/app"), status=307))
    stranger.on("/", page(html=f"<a href='{site.url('/between')}'>go</a>"))
    visit.goto(stranger.url("/"))
    visit.page.click("a")
    visit.page.wait_for_url(site.url("/app"))
    visit.sessions()
    assert (site.seen("/app")[0].cookies, site.seen("/ref")) == ({}, [])
