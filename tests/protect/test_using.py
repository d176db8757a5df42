"""What a signed-in browser can do: bound, not yet bound, never bound."""

from __future__ import annotations

from tests.protect.rig import BOUND, FRESH, NEW, Rig


async def test_a_bound_session_reaches_what_is_protected(rig: Rig) -> None:
    owner = await rig.owner()
    response = await owner.visit("GET", "/account")
    assert (response.status, response.body) == (200, b"secret ")
    assert await owner.standing() == "protected"


async def test_what_is_not_protected_is_everybodys(rig: Rig) -> None:
    assert (await rig.browser().visit("GET", "/open")).status == 200


async def test_cookies_renew_themselves_while_the_session_lasts(rig: Rig) -> None:
    owner = await rig.owner()
    for _ in range(5):
        rig.clock.advance(301)
        assert (await owner.visit("GET", "/account")).status == 200
    assert owner.refreshes == 5


async def test_nobody_passes_without_a_sign_in_and_the_handler_does_not_run(rig: Rig) -> None:
    response = await rig.browser().visit("GET", "/account")
    assert (response.status, response.code) == (401, "sign_in_required")
    assert rig.login_app.ran == []


async def test_a_new_sign_in_is_admitted_until_its_browser_has_had_time_to_register(rig: Rig) -> None:
    browser = rig.browser(dbsc=False)
    await browser.sign_in()
    assert (await browser.visit("GET", "/account")).status == 200
    assert await browser.standing() == "unregistered"
    rig.clock.advance(16)
    response = await browser.visit("GET", "/account")
    assert (response.status, response.code) == (401, "binding_required")


async def test_the_new_sign_ins_time_cannot_be_prolonged_by_its_cookie(rig: Rig) -> None:
    browser = rig.browser(dbsc=False)
    await browser.sign_in()
    value, _ = browser.jar[NEW]
    rig.clock.advance(16)
    browser.jar[NEW] = (value, rig.clock() + 1000)
    assert (await browser.visit("GET", "/account")).code == "binding_required"


async def test_the_new_sign_ins_cookie_is_worth_nothing_beside_another_session(rig: Rig) -> None:
    victim, thief = rig.browser(dbsc=False), rig.browser(dbsc=False)
    await victim.sign_in("alice")
    rig.clock.advance(100)
    await thief.sign_in("mallory")
    thief.jar["sid"] = victim.jar["sid"]
    assert (await thief.visit("GET", "/account")).code == "binding_required"


async def test_the_new_sign_ins_time_is_over_soon_after_the_session_is_bound(rig: Rig) -> None:
    owner = await rig.owner()
    crossing = owner.copy_jar()
    del crossing.jar[BOUND], crossing.jar[FRESH]
    assert (await crossing.visit("GET", "/account")).status == 200, "it was sent before the cookie came"
    assert await crossing.standing() == "missing"
    rig.clock.advance(5.1)
    assert crossing.cookie(NEW) is not None
    assert (await crossing.visit("GET", "/account")).code == "proof_required"
    assert (await owner.visit("GET", "/account")).status == 200


async def test_a_bound_cookie_of_another_session_is_no_crossing(rig: Rig) -> None:
    owner, other = await rig.owner("alice"), await rig.owner("bob")
    thief = owner.copy_jar()
    thief.jar[BOUND] = other.jar[BOUND]
    assert (await thief.visit("GET", "/account")).code == "proof_required"


async def test_browsers_without_dbsc_pass_where_the_application_still_serves_them() -> None:
    rig = Rig(allow_unbound=True)
    browser = rig.browser(dbsc=False)
    await browser.sign_in()
    rig.clock.advance(1000)
    assert (await browser.visit("GET", "/account")).status == 200
    owner = await rig.owner("bob")
    thief = owner.copy_jar()
    del thief.jar[BOUND], thief.jar[NEW]
    assert (await thief.visit("GET", "/account")).code == "proof_required", "left out is not never bound"
    await rig.close()


async def test_the_session_that_the_browser_is_given_is_not_the_applications(rig: Rig) -> None:
    owner = await rig.owner()
    assert owner.session_id is not None
    assert "sid-1" not in owner.session_id
    assert "sid-1" not in (owner.cookie(BOUND) or "")
    assert "sid-1" not in (owner.offer or "")


async def test_people_get_a_page_with_the_way_to_sign_in(rig: Rig) -> None:
    signing_in = Rig(sign_in="/login", timing=None)
    nobody = await signing_in.browser().visit("GET", "/account", page=True)
    assert (nobody.status, nobody.header("location")) == (303, "/login")
    owner = await signing_in.owner()
    thief = owner.copy_jar()
    del thief.jar[BOUND], thief.jar[FRESH], thief.jar[NEW]
    page = await thief.visit("GET", "/account", page=True)
    assert (page.status, page.header("content-type")) == (401, "text/html; charset=utf-8")
    assert b'<a href="/login">' in page.body
    assert "default-src 'none'" in (page.header("content-security-policy") or "")
    await signing_in.close()


async def test_a_request_body_arrives_as_it_was_after_a_demand(rig: Rig) -> None:
    owner = await rig.owner()
    rig.clock.advance(100)
    response = await owner.visit("POST", "/transfer", body=b"100 to bob")
    assert response.body == b"secret 100 to bob"
    assert owner.refreshes == 1
    assert (await owner.visit("POST", "/transfer", body=b"again")).body == b"secret again"
    assert owner.refreshes == 1, "the proof is recent enough"


async def test_a_challenge_comes_ahead_when_the_cookie_grows_old_and_after_a_restart_of_the_ledger(rig: Rig) -> None:
    owner = await rig.owner()
    owner.challenge = None
    assert (await owner.visit("GET", "/account")).header("Secure-Session-Challenge") is None
    rig.clock.advance(160)
    assert (await owner.visit("GET", "/account")).header("Secure-Session-Challenge") is not None
    assert owner.challenge is not None
    restarted = Rig(clock=rig.clock, store=rig.dbsc._engine.store)
    rig.clock.advance(10)
    owner.app, owner.challenge = restarted.app, None
    await owner.visit("GET", "/account")
    assert owner.challenge is not None
    rig.clock.advance(301)
    assert (await owner.visit("GET", "/account")).status == 200
    await restarted.close()


async def test_a_restart_signs_nobody_out(rig: Rig) -> None:
    owner = await rig.owner()
    await rig.dbsc.flush()
    restarted = Rig(clock=rig.clock, store=rig.dbsc._engine.store)
    owner.app = restarted.app
    assert (await owner.visit("GET", "/account")).status == 200
    rig.clock.advance(301)
    assert (await owner.visit("GET", "/account")).status == 200
    await restarted.close()


async def test_another_network_means_another_proof(rig: Rig) -> None:
    owner = await rig.owner()
    owner.address = "198.51.100.9"
    assert (await owner.visit("GET", "/account")).status == 200
    assert owner.refreshes == 1


async def test_four_proofs_in_nine_minutes_are_enough(rig: Rig) -> None:
    owner = await rig.owner()
    for number in range(6):
        owner.address = f"198.51.{number}.9"
        rig.clock.advance(20)
        response = await owner.visit("GET", "/account")
        assert response.status == (200 if number < 3 else 401)
    assert response.code == "step_up_required"
    assert owner.refreshes <= 6
    rig.clock.advance(600)
    assert (await owner.visit("GET", "/account")).status == 200


async def test_a_cross_site_arrival_goes_through_a_page_of_ours(rig: Rig) -> None:
    owner = await rig.owner()
    owner.address = "198.51.100.9"
    arriving = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    page = await owner.send("GET", '/account?a="<x>&b=1', headers=arriving)
    assert page.status == 200
    assert b'http-equiv="refresh" content="0;url=/account?a=%22%3Cx%3E&amp;b=1"' in page.body
    assert b"secret" not in page.body
    assert owner.cookie(FRESH) is None
    assert (await owner.visit("GET", "/account", page=True)).status == 200


async def test_a_cross_site_post_is_refused_rather_than_turned_into_something_else(rig: Rig) -> None:
    owner = await rig.owner()
    owner.address = "198.51.100.9"
    arriving = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert (await owner.send("POST", "/account", headers=arriving)).status == 401
