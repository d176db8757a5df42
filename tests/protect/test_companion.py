"""An extension that keeps the key, before somebody else's application."""

from __future__ import annotations

from boundgate.protect import Refused, Registered, Store
from boundgate.protect.store import app_hash
from tests.protect.rig import BOUND, FRESH, NEW, ORIGIN, Rig, SoftBrowser
from tests.support.soft_browser import SoftDbsc, read_challenge, read_offers, registration_headers

CLIENT = "boundgate-extension/1.0"
SAID = {
    "Origin": "moz-extension://4bd9ba48-b0b0-4f7a-9a0f-1d8a0d3a6c8a",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "cors",
    "DBSC-Client": CLIENT,
}


async def extended(rig: Rig, user: str = "alice") -> SoftBrowser:
    """A browser without DBSC of its own whose extension has registered a key."""
    browser = rig.browser(dbsc=False)
    await browser.sign_in(user)
    key = SoftDbsc()
    assert await registered(browser, key) == 200
    browser.key = key
    return browser


async def registered(browser: SoftBrowser, key: SoftDbsc) -> int:
    offer = read_offers(browser.offer or "")[0]
    proof = key.registration_proof(offer.challenge, offer.authorization)
    response = await browser.send("POST", offer.path, headers=registration_headers(proof, origin=ORIGIN) | SAID)
    if response.status == 200:
        header = response.header("Secure-Session-Challenge") or ""
        browser.session_id = header.partition('id="')[2].rstrip('"')
        browser.challenge = read_challenge(header, browser.session_id)
    return response.status


async def test_what_registered_a_key_is_told_and_kept(store: Store) -> None:
    rig = Rig(store=store)
    browser = await extended(rig)
    assert [(type(event), getattr(event, "client", None)) for event in rig.events] == [(Registered, CLIENT)]
    record = await store.find(app_hash("sid-1"))
    assert record is not None
    assert record.key is not None
    assert record.key.client == CLIENT
    assert (await browser.send("GET", "/account")).status == 200
    await rig.close()


async def test_beside_a_browsers_own_key_it_is_refused_and_named(rig: Rig) -> None:
    owner = await rig.owner()
    assert await registered(owner, SoftDbsc()) == 409
    assert isinstance(rig.events[0], Registered)
    assert rig.events[0].client is None
    assert isinstance(rig.events[1], Refused)
    assert (rig.events[1].reason, rig.events[1].client) == ("second_key", CLIENT)
    assert (await owner.visit("GET", "/account")).status == 200


async def test_many_proofs_are_its_ordinary_life_and_not_a_browsers(rig: Rig) -> None:
    for browser, code in ((await extended(rig), "proof_required"), (await rig.owner("bob"), "step_up_required")):
        for _ in range(6):
            assert (await browser.refresh()).status == 200
        browser.key = None
        for name in (BOUND, FRESH, NEW):
            browser.jar.pop(name, None)
        assert (await browser.visit("GET", "/account")).code == code


async def test_people_whose_proof_did_not_come_get_a_page_that_can_be_tried_again() -> None:
    rig = Rig(sign_in="/login")
    browser = await extended(rig)
    for name in (BOUND, FRESH, NEW):
        browser.jar.pop(name, None)
    browser.key, key = None, browser.key
    page = await browser.visit("GET", "/account", page=True)
    assert (page.status, page.header("content-type")) == (401, "text/html; charset=utf-8")
    assert b'<a href="/account">Try again</a>' in page.body
    assert b'<a href="/login">Sign in again</a>' in page.body
    assert b"http-equiv" not in page.body
    assert rig.told()[-1] == "Refused proof_required"
    browser.key = key
    assert (await browser.visit("GET", "/account", page=True)).status == 200
    await rig.close()


async def test_a_post_is_not_offered_to_be_tried_again(rig: Rig) -> None:
    browser = await extended(rig)
    browser.jar = {"sid": browser.jar["sid"]}
    browser.key = None
    page = await browser.visit("POST", "/account", page=True)
    assert page.status == 401
    assert b"Try again</a>" not in page.body
