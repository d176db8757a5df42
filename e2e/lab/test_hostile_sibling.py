"""What a hostile host of the same site gains: under origin scope nothing, under site scope what is shown here.

The victim is a server made of `boundgate.dbsc` at `app.`; the attacker serves `evil.`, and the victim's browser
opens its pages.
"""

from __future__ import annotations

import pytest

from boundgate.dbsc import BoundCredential, Instructions, SiteScope
from e2e.lab.library import BOUND, FRESH, REFRESH, REGISTER, LibraryServer
from e2e.lab.proofs import claims
from e2e.lab.site import Site
from e2e.lab.stub import WELL_KNOWN
from e2e.lab.visit import Visit
from e2e.lab.wire import ATTRIBUTES, challenge, cookie, json_answer, offer, page

Victim = LibraryServer


@pytest.fixture
def evil(site: Site) -> Site:
    return site.below("evil")


@pytest.fixture
def victim(site: Site) -> Victim:
    """Under origin scope."""
    return LibraryServer(site.below("app"))


@pytest.fixture
def shared_victim(site: Site) -> Victim:
    """Under site scope, shared with `api.`."""
    app = site.below("app")
    site.on(WELL_KNOWN, json_answer({"registering_origins": [app.origin]}))
    cookies = [BoundCredential(name, domain=site.host, plantable=True) for name in ("bound", "fresh")]
    instructions = Instructions(
        origin=site.origin,
        registration_origin=app.origin,
        refresh_path=REFRESH,
        credentials=cookies,
        site=SiteScope(shared_with=(f"api.{site.host}",)),
    )
    return LibraryServer(app, instructions=instructions, credentials=(cookies[0], cookies[1]))


def sign_in(visit: Visit, victim: Victim) -> str:
    visit.goto(victim.site.url("/login"))
    [created] = visit.wait_for("creation")
    assert created["details"]["fetchResult"] == "Success"
    return str(created["sessionId"])


def attack(visit: Visit, url: str, **options: str) -> None:
    """A request from the attacker's page with the victim's cookies, as a script may make it."""
    visit.fetch(url, mode="no-cors", credentials="include", **options)
    visit.sessions()


def session_of(visit: Visit, session_id: str) -> str | None:
    """The refresh URL of a session that the browser keeps; None where it is gone."""
    return next((one["refreshUrl"] for one in visit.sessions() if one["key"]["id"] == session_id), None)


# Origin scope


def test_origin_scope_a_sibling_sees_no_cookie_and_plants_none(victim: Victim, evil: Site, visit: Visit) -> None:
    sign_in(visit, victim)
    planted = [("Set-Cookie", f"{BOUND.name}=evil; Domain={evil.host.removeprefix('evil.')}; Path=/; Secure")]
    planted += [("Set-Cookie", f"{BOUND.name}=evil; Path=/; Secure"), ("Set-Cookie", f"{FRESH.name}=; Max-Age=0")]
    evil.on("/plant", page(*planted))
    visit.goto(evil.url("/plant"))
    assert evil.seen("/plant")[0].cookies == {}
    visit.goto(victim.site.url("/app"))
    sent = victim.site.seen("/app")[0].cookies
    assert set(sent) == {BOUND.name, FRESH.name}
    assert sent[BOUND.name] != "evil", "its own cookie of that name stays with it"


def test_origin_scope_a_sibling_starts_no_refresh(victim: Victim, evil: Site, visit: Visit) -> None:
    session_id = sign_in(visit, victim)
    visit.lose(BOUND.name)
    visit.goto(evil.url("/"))
    attack(visit, victim.site.url("/app"))
    sent = victim.site.seen("/app")[0]
    assert (set(sent.cookies), sent.skipped) == ({FRESH.name}, None)
    attack(visit, victim.site.url(REFRESH), method="POST")
    [asked] = victim.site.seen(REFRESH)
    assert (asked.session_id, asked.proof) == (None, None)
    assert victim.outcomes("dbsc.refresh") == ["session_id_missing"]
    assert session_of(visit, session_id) is not None


def test_origin_scope_a_sibling_sets_no_challenge(victim: Victim, evil: Site, visit: Visit) -> None:
    session_id = sign_in(visit, victim)
    evil.on("/challenge", page(challenge("evil", session_id)))
    before = len(visit.events)
    visit.goto(evil.url("/challenge"))
    [heard] = visit.wait_for("challenge", after=before)
    assert heard["details"]["challengeResult"] == "CantSetBoundCookie"


def test_origin_scope_a_sibling_registers_nothing_at_the_victims_endpoint(
    victim: Victim, evil: Site, visit: Visit
) -> None:
    session_id = sign_in(visit, victim)
    # With an offer that the server would take from a page of its own.
    mine = victim.offer()[1]
    evil.on(
        "/login", page(("Secure-Session-Registration", mine.replace(f'"{REGISTER}"', f'"{victim.site.url(REGISTER)}"')))
    )
    before = len(visit.events)
    visit.goto(evil.url("/login"))
    [refused] = visit.wait_for("creation", after=before)
    assert refused["details"]["failedRequest"]["responseError"] == 403
    assert victim.outcomes("dbsc.register") == ["ok", "page_script"]
    assert session_of(visit, session_id) == victim.site.url(REFRESH)


def test_origin_scope_a_sibling_makes_no_session_for_the_victims_origin(
    victim: Victim, evil: Site, visit: Visit
) -> None:
    session_id = sign_in(visit, victim)
    document = victim.site.document(session_id, credentials=[{"type": "cookie", "name": "x", "attributes": ATTRIBUTES}])
    evil.on("/login", page(offer("/reg")))
    evil.on("/reg", json_answer(document, cookie("x")))
    before = len(visit.events)
    visit.goto(evil.url("/login"))
    [refused] = visit.wait_for("creation", after=before)
    assert refused["details"]["fetchResult"] == "CrossOriginRegistrationSiteNotIncluded"
    assert session_of(visit, session_id) == victim.site.url(REFRESH)


def test_origin_scope_a_sibling_that_has_learnt_the_sessions_id_can_push_it_out_of_the_browser(
    victim: Victim, evil: Site, visit: Visit
) -> None:
    """Chromium keeps sessions by site and id, not by origin. So the id is told to nobody, and cannot be guessed."""
    session_id = sign_in(visit, victim)
    evil.bind(visit, answer=evil.config(session_id))
    assert [event["details"]["deletionReason"] for event in visit.reported("termination")] == ["Replaced"]
    assert session_of(visit, session_id) == evil.url("/ref")
    visit.goto(victim.site.url("/app"))
    assert set(victim.site.seen("/app")[0].cookies) == {BOUND.name, FRESH.name}, "its cookies live on to their end"


@pytest.mark.parametrize("cleared", ["storage", "cookies"])
def test_clear_site_data_of_a_sibling_ends_the_sessions_of_the_whole_site_where_it_says_cookies(
    cleared: str, victim: Victim, evil: Site, visit: Visit
) -> None:
    session_id = sign_in(visit, victim)
    evil.on("/clear", page(("Clear-Site-Data", f'"{cleared}"')))
    visit.goto(evil.url("/clear"))
    kept = session_of(visit, session_id) is not None
    assert kept is (cleared == "storage")
    assert bool(visit.jar()) is kept, "and with them every cookie of the site"
    if not kept:
        reasons = [event["details"]["deletionReason"] for event in visit.reported("termination")]
        assert reasons == ["StoragePartitionCleared"]


# Site scope


def test_site_scope_listed_hosts_share_the_session(shared_victim: Victim, site: Site, visit: Visit) -> None:
    sign_in(visit, shared_victim)
    for label in ("app", "api"):
        visit.lose("bound")
        visit.goto(site.below(label).url("/data"))
        assert set(site.below(label).seen("/data")[0].cookies) == {"bound", "fresh"}
    assert shared_victim.outcomes("dbsc.refresh") == ["ok", "ok"]


def test_site_scope_for_a_host_that_is_not_listed_nothing_is_refreshed(
    shared_victim: Victim, evil: Site, visit: Visit
) -> None:
    sign_in(visit, shared_victim)
    visit.lose("bound")
    visit.goto(evil.url("/data"))
    visit.sessions()
    assert set(evil.seen("/data")[0].cookies) == {"fresh"}
    assert shared_victim.outcomes("dbsc.refresh") == []


def test_site_scope_every_host_is_sent_the_cookie_listed_or_not(
    shared_victim: Victim, evil: Site, visit: Visit
) -> None:
    sign_in(visit, shared_victim)
    visit.goto(evil.url("/"))
    assert evil.seen("/")[0].cookies["bound"] == visit.jar()["bound"], "a Domain cookie: it can be stolen here"


def test_site_scope_every_host_can_replace_and_remove_the_cookie(
    shared_victim: Victim, site: Site, evil: Site, visit: Visit
) -> None:
    sign_in(visit, shared_victim)
    attributes = f"Domain={site.host}; {ATTRIBUTES}"
    evil.on("/plant", page(cookie("bound", "planted", attributes)))
    visit.goto(evil.url("/plant"))
    visit.goto(shared_victim.site.url("/app"))
    assert shared_victim.site.seen("/app")[0].cookies["bound"] == "planted", "so its value must be sealed"
    evil.on("/remove", page(("Set-Cookie", f"bound=; {attributes}; Max-Age=0")))
    visit.goto(evil.url("/remove"))
    visit.goto(shared_victim.site.url("/app"))
    assert shared_victim.site.seen("/app")[1].cookies["bound"] not in {"", "planted"}, "refreshed, at a signature each"
    assert shared_victim.outcomes("dbsc.refresh") == ["ok"]


def test_site_scope_a_page_of_any_host_makes_the_browser_refresh(
    shared_victim: Victim, evil: Site, visit: Visit
) -> None:
    sign_in(visit, shared_victim)
    visit.goto(evil.url("/"))
    visit.lose("bound")
    attack(visit, shared_victim.site.url("/app"))
    assert shared_victim.outcomes("dbsc.refresh") == ["ok"], "the whole site is the initiator's own"


def test_site_scope_a_host_that_has_learnt_the_id_can_have_its_own_text_signed_to_no_avail(
    shared_victim: Victim, evil: Site, visit: Visit
) -> None:
    session_id = sign_in(visit, shared_victim)
    evil.on("/challenge", page(challenge("evil", session_id)))
    before = len(visit.events)
    visit.goto(evil.url("/challenge"))
    assert visit.wait_for("challenge", after=before)[0]["details"]["challengeResult"] == "Success"
    visit.lose("bound")
    visit.goto(shared_victim.site.url("/app"))
    signed = [claims(seen.proof or "")["jti"] for seen in shared_victim.site.seen(REFRESH)]
    assert signed[0] == "evil"
    assert shared_victim.outcomes("dbsc.refresh") == ["challenge_stale", "ok"]


def test_site_scope_a_host_that_the_site_does_not_name_registers_none(
    shared_victim: Victim, site: Site, evil: Site, visit: Visit
) -> None:
    session_id = sign_in(visit, shared_victim)
    attributes = f"Domain={site.host}; {ATTRIBUTES}"
    document = evil.document(
        session_id,
        scope={"origin": site.origin, "include_site": True},
        credentials=[{"type": "cookie", "name": "bound", "attributes": attributes}],
    )
    evil.on("/login", page(offer("/reg")))
    evil.on("/reg", json_answer(document, cookie("bound", "x", attributes)))
    before = len(visit.events)
    visit.goto(evil.url("/login"))
    [refused] = visit.wait_for("creation", after=before)
    assert refused["details"]["fetchResult"] == "SubdomainRegistrationUnauthorized"
    assert session_of(visit, session_id) == shared_victim.site.url(REFRESH)
