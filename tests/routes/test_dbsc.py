"""Registration and refresh over HTTP: what is accepted, what is retried, what ends, and what harms nobody."""

from __future__ import annotations

import asyncio

import pytest
from quart.wrappers import Response

from boundgate.sessions.model import Session
from boundgate.terms import EndReason
from tests.support.site import BOUND, FRESH, LOGIN, ORIGIN, Site, SoftBrowser, running_site
from tests.support.soft_browser import SoftDbsc, read_offers, refresh_headers, registration_headers

RETRIED = 403
UNKNOWN = 404


async def unbound(site: Site, name: str = "bob") -> SoftBrowser:
    """Somebody who has just signed in and whose browser holds the offer without having answered it."""
    browser = site.browser(dbsc=False)
    await browser.enrol(await site.services.enrolment.invite(name))
    return browser


def registration(browser: SoftBrowser, key: SoftDbsc | None = None, **misbehaviour: object) -> dict[str, str]:
    offer = read_offers(browser.offer or "")[0]
    proof = (key or SoftDbsc()).registration_proof(offer.challenge, offer.authorization, **misbehaviour)
    return registration_headers(proof, origin=ORIGIN)


async def refreshed_with(browser: SoftBrowser, proof: str | None) -> int:
    """The status that a refresh of this browser's session with that proof gets."""
    assert browser.session_id is not None
    headers = refresh_headers(browser.session_id, proof, origin=ORIGIN)
    return (await browser.send("POST", "/dbsc/refresh", headers=headers)).status_code


async def is_told_that_it_is_over(browser: SoftBrowser, response: Response) -> bool:
    """Whether the answer ends the session in the browser (Chromium 156: `ServerRequested`)."""
    expected = {"session_identifier": browser.session_id, "continue": False}
    return response.status_code == 200 and await response.get_json() == expected


async def test_the_offer_rides_on_the_answer_to_a_passkey_form_and_on_nothing_else(site: Site) -> None:
    browser = await unbound(site)
    assert read_offers(browser.offer or "")[0].algorithms == ("ES256", "RS256")
    signed_in = await browser.sign_in()
    assert signed_in.status_code == 303
    assert "Secure-Session-Registration" in signed_in.headers
    for path in ("/", "/account", "/playground", "/session", "/v1/models", "/enrol", "/healthz"):
        assert "Secure-Session-Registration" not in (await browser.page(path)).headers


async def test_a_registration_binds_the_session_and_sets_both_credentials(site: Site) -> None:
    browser = await unbound(site)
    assert (await browser.state())["state"] == "binding"
    response = await browser.register()
    assert response.status_code == 200
    instructions = await response.get_json()
    assert instructions["refresh_url"] == "/dbsc/refresh"
    assert instructions["scope"]["include_site"] is False
    assert [credential["name"] for credential in instructions["credentials"]] == [BOUND, FRESH]
    for credential, line in zip(instructions["credentials"], response.headers.getlist("Set-Cookie"), strict=True):
        assert line.startswith(f"{credential['name']}=")
        assert f"; {credential['attributes']}; Max-Age=300" in line
    state = await browser.state()
    assert browser.key is not None
    assert (state["state"], state["provenance"], state["key_thumbprint"]) == (
        "bound",
        "browser",
        browser.key.thumbprint,
    )
    assert state["bound_until"] == site.clock() + 300


async def test_rs256_is_accepted_as_well(site: Site) -> None:
    browser = await unbound(site)
    response = await browser.send("POST", "/dbsc/register", headers=registration(browser, SoftDbsc("RS256")))
    assert response.status_code == 200


async def test_an_offer_lasts_thirty_seconds(site: Site) -> None:
    browser = await unbound(site)
    site.clock.advance(31)
    assert (await browser.state())["state"] == "unbound"
    assert (await browser.register()).status_code == 403
    assert (await browser.state())["state"] == "unbound"


@pytest.mark.parametrize(
    "misbehaviour",
    [{"alg": "none"}, {"alg": "HS256"}, {"jwk": None}, {"typ": "JWT"}, {"signer": SoftDbsc()}, {"der": True}],
    ids=["alg none", "HS256", "no key", "typ JWT", "another signer", "DER"],
)
async def test_a_junk_registration_does_not_burn_the_offer(site: Site, misbehaviour: dict[str, object]) -> None:
    browser = await unbound(site)
    junk = await browser.send("POST", "/dbsc/register", headers=registration(browser, **misbehaviour))
    assert 400 <= junk.status_code < 500
    assert (await browser.register()).status_code == 200
    outcomes = [outcome for _, outcome in await site.events("dbsc.register")]
    assert (len(outcomes), outcomes.count("ok")) == (2, 1)


async def test_a_registration_without_the_authorization_of_the_offer_is_refused(site: Site) -> None:
    browser = await unbound(site)
    offer = read_offers(browser.offer or "")[0]
    for authorization in (None, "", "guess", "A" * 43):
        proof = SoftDbsc().registration_proof(offer.challenge, authorization)
        response = await browser.send("POST", "/dbsc/register", headers=registration_headers(proof, origin=ORIGIN))
        assert response.status_code == 403


async def test_the_challenge_of_another_sign_in_does_not_register(site: Site) -> None:
    alice, bob = await unbound(site, "alice"), await unbound(site, "bob")
    theirs, own = read_offers(alice.offer or "")[0], read_offers(bob.offer or "")[0]
    proof = SoftDbsc().registration_proof(theirs.challenge, own.authorization)
    response = await bob.send("POST", "/dbsc/register", headers=registration_headers(proof, origin=ORIGIN))
    assert (response.status_code, (await response.get_json())["code"]) == (403, "challenge_stale")


@pytest.mark.parametrize("mode", ["cors", "same-origin", "navigate"])
async def test_a_proof_sent_by_page_script_is_refused(site: Site, mode: str) -> None:
    browser = await unbound(site)
    headers = registration(browser) | {"Sec-Fetch-Mode": mode}
    response = await browser.send("POST", "/dbsc/register", headers=headers)
    assert (response.status_code, (await response.get_json())["code"]) == (403, "page_script")
    assert (await browser.state())["state"] == "binding"


async def test_a_browser_that_sends_no_fetch_metadata_registers(site: Site) -> None:
    browser = await unbound(site)
    headers = {name: value for name, value in registration(browser).items() if not name.startswith(("Sec-", "Origin"))}
    assert (await browser.send("POST", "/dbsc/register", headers=headers)).status_code == 200


async def test_the_first_key_wins_and_a_second_one_makes_the_session_contested(site: Site) -> None:
    browser = await unbound(site)
    assert (await browser.register()).status_code == 200
    response = await browser.send("POST", "/dbsc/register", headers=registration(browser, SoftDbsc()))
    assert (response.status_code, (await response.get_json())["code"]) == (409, "second_key")
    assert browser.key is not None
    assert (await browser.state())["key_thumbprint"] == browser.key.thumbprint
    refused = await browser.chat()
    assert (refused.status_code, (await refused.get_json())["error"]["code"]) == (401, "step_up_required")
    assert (await browser.page("/")).status_code == 200, "the sign-in page, which it is told to use"


async def test_the_same_registration_again_changes_nothing(site: Site) -> None:
    browser = await unbound(site)
    headers = registration(browser)
    assert (await browser.send("POST", "/dbsc/register", headers=headers)).status_code == 200
    again = await browser.send("POST", "/dbsc/register", headers=headers)
    assert (again.status_code, (await again.get_json())["code"]) == (409, "already_registered")
    assert (await browser.chat()).status_code == 200


async def test_of_many_registrations_at_once_one_wins(site: Site) -> None:
    browser = await unbound(site)
    answers = await asyncio.gather(
        *(browser.send("POST", "/dbsc/register", headers=registration(browser, SoftDbsc())) for _ in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19


async def test_every_refresh_is_one_round_trip_while_its_challenge_lives(site: Site, owner: SoftBrowser) -> None:
    for _ in range(5):
        site.clock.advance(299)
        assert (await owner.chat()).status_code == 200
        owner.jar.pop(BOUND)
        assert (await owner.chat()).status_code == 200
    assert await site.events("dbsc.challenge") == []
    site.clock.advance(901)
    assert (await owner.chat()).status_code == 200
    outcomes = [outcome for _, outcome in await site.events("dbsc.refresh")]
    assert outcomes.count("challenge_stale") == 1, "one round trip more, for the challenge that had expired"


async def test_each_refresh_gives_another_value(site: Site, owner: SoftBrowser) -> None:
    values = {owner.cookie(BOUND)}
    for _ in range(3):
        assert (await owner.refresh()).status_code == 200
        values.add(owner.cookie(BOUND))
    assert len(values) == 4
    assert not any(owner.session_id == value or owner.cookie(LOGIN) == value for value in values)


async def test_a_challenge_is_accepted_once(site: Site, owner: SoftBrowser) -> None:
    assert owner.key is not None
    proof = owner.key.refresh_proof(owner.challenge)
    statuses = await asyncio.gather(*(refreshed_with(owner, proof) for _ in range(20)))
    assert sorted(statuses) == [200] + [RETRIED] * 19


async def test_a_proof_that_fails_is_answered_with_a_new_challenge_and_harms_nobody(
    site: Site, owner: SoftBrowser
) -> None:
    thief, key = SoftDbsc(), owner.key
    assert key is not None
    challenge = owner.challenge
    proofs = [
        thief.refresh_proof(challenge),
        key.refresh_proof("guess"),
        key.refresh_proof(challenge, jwk=key.jwk),
        key.refresh_proof(challenge, alg="none"),
        key.refresh_proof(challenge, aud="https://elsewhere.example/"),
        "junk",
        "a.b.c",
        "",
        "x" * 9000,
    ]
    for proof in proofs:
        headers = refresh_headers(owner.session_id or "", proof, origin=ORIGIN)
        response = await site.browser(address="198.51.100.7").send("POST", "/dbsc/refresh", headers=headers)
        assert response.status_code == RETRIED, proof
        assert owner.session_id in response.headers["Secure-Session-Challenge"]
        assert response.headers.getlist("Set-Cookie") == []
    assert (await owner.state())["state"] == "bound"
    assert await refreshed_with(owner, key.refresh_proof(challenge)) == 200


async def test_page_script_cannot_refresh(site: Site, owner: SoftBrowser) -> None:
    assert owner.key is not None
    headers = refresh_headers(owner.session_id or "", owner.key.refresh_proof(owner.challenge), origin=ORIGIN)
    response = await owner.send("POST", "/dbsc/refresh", headers=headers | {"Sec-Fetch-Mode": "cors"})
    assert response.status_code == RETRIED
    assert "Secure-Session-Challenge" not in response.headers


async def test_an_unknown_session_is_dead_and_remembered_nowhere(site: Site) -> None:
    for session_id in ("unknown", "A" * 22, "x" * 128):
        headers = refresh_headers(session_id, None, origin=ORIGIN)
        response = await site.browser().send("POST", "/dbsc/refresh", headers=headers)
        assert response.status_code == UNKNOWN
        assert "Secure-Session-Challenge" not in response.headers


async def test_asking_for_challenges_stores_and_evicts_nothing(site: Site, owner: SoftBrowser) -> None:
    for _ in range(300):
        assert await refreshed_with(owner, None) == RETRIED
    # The owner's own challenge from before is still good.
    assert owner.key is not None
    assert await refreshed_with(owner, owner.key.refresh_proof(owner.challenge)) == 200


async def test_whoever_asks_for_challenges_fills_no_table(site: Site, owner: SoftBrowser) -> None:
    stranger = site.browser(address="198.51.100.7")
    headers = {"Sec-Secure-Session-Id": owner.session_id or ""}
    for _ in range(50):
        assert (await stranger.send("POST", "/dbsc/refresh", headers=headers)).status_code == 403
    await site.services.flush()
    rows = await site.services.usage.events(kind_prefix="dbsc.challenge", limit=100)
    assert [row.count for row in rows] == [50]


async def test_a_refresh_without_a_session_id_is_refused(site: Site, owner: SoftBrowser) -> None:
    response = await owner.send("POST", "/dbsc/refresh", headers={"Sec-Fetch-Mode": "no-cors"})
    assert (response.status_code, (await response.get_json())["code"]) == (400, "session_id_missing")


async def test_an_ended_session_is_dead_to_refreshes(site: Site, owner: SoftBrowser) -> None:
    await site.services.sessions.end([owner.session_id or ""], EndReason.SIGNED_OUT)
    response = await owner.refresh()
    assert response.headers.getlist("Set-Cookie") == []
    assert await is_told_that_it_is_over(owner, response)


async def test_a_late_refresh_does_not_bring_an_ended_session_back(site: Site, owner: SoftBrowser) -> None:
    session_id, stolen = owner.session_id or "", owner.copy_jar()
    site.clock.advance(1)
    assert (await owner.refresh()).status_code == 200
    await site.services.sessions.end([session_id], EndReason.SIGNED_OUT)
    await site.services.flush()
    assert (await stolen.bare_chat()).status_code == 401
    assert (await owner.bare_chat()).status_code == 401
    assert await is_told_that_it_is_over(owner, await owner.refresh())


async def test_an_expired_sign_in_cannot_be_refreshed(site: Site, owner: SoftBrowser) -> None:
    for _ in range(12):
        site.clock.advance(3500)
        assert (await owner.chat()).status_code == 200
        await site.services.flush()
    site.clock.advance(2000)
    assert await is_told_that_it_is_over(owner, await owner.refresh())


async def test_an_idle_sign_in_cannot_be_refreshed(site: Site, owner: SoftBrowser) -> None:
    site.clock.advance(3601)
    assert await is_told_that_it_is_over(owner, await owner.refresh())
    assert (await owner.state())["state"] == "ended"


async def test_a_restart_costs_one_round_trip_and_no_session(tmp_path) -> None:
    async with running_site(tmp_path / "data") as site:
        owner = await site.owner()
        before = owner.challenge
        proof = owner.key.refresh_proof(before)
    async with running_site(tmp_path / "data", clock=site.clock) as site:
        owner.site = site
        assert (await owner.bare_chat()).status_code == 200
        assert await refreshed_with(owner, proof) == RETRIED
        owner.challenge = before
        assert (await owner.refresh()).status_code == 200
        outcomes = [outcome for _, outcome in await site.events("dbsc.refresh")]
        assert sorted(outcomes) == ["challenge_stale", "challenge_stale", "ok"]


async def test_the_endpoints_never_redirect_and_take_only_posts(site: Site, owner: SoftBrowser) -> None:
    for path in ("/dbsc/register", "/dbsc/refresh"):
        for method in ("GET", "PUT", "DELETE", "HEAD"):
            assert (await owner.send(method, path)).status_code == 405
        assert not 300 <= (await owner.send("POST", path)).status_code < 400
    assert (await owner.send("POST", "/dbsc/other")).status_code == 404


async def test_an_offer_of_an_ended_session_cannot_be_taken(site: Site) -> None:
    browser = await unbound(site)
    state = await site.services.sessions.resolve(login_value=browser.cookie(LOGIN), bound_text=None, prefix=b"anything")
    assert state.view is not None
    session: Session = state.view.session
    await site.services.sessions.end([session.id], EndReason.SIGNED_OUT)
    assert (await browser.register()).status_code == 403
