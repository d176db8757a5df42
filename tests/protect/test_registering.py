"""Offers and who may take them."""

from __future__ import annotations

import asyncio
import contextvars

import pytest

from boundgate.protect import Store
from tests.protect.rig import ORIGIN, Rig
from tests.support.soft_browser import SoftDbsc, read_offers, registration_headers


async def test_the_first_key_wins_and_a_second_one_is_told_of(rig: Rig) -> None:
    owner = await rig.owner()
    thief = rig.browser()
    thief.offer = owner.offer
    response = await thief.register()
    assert (response.status, response.code) == (409, "second_key")
    assert response.cookies() == {}
    assert rig.told() == ["Registered", "Refused second_key"]
    assert rig.events[1].session == rig.events[0].session
    assert (await owner.visit("GET", "/account")).status == 200


async def test_a_replayed_registration_gives_no_cookie(rig: Rig) -> None:
    owner = await rig.owner()
    replay = rig.browser()
    replay.offer = owner.offer
    response = await replay.register(owner.key)
    assert (response.status, response.code) == (409, "already_registered")
    assert response.cookies() == {}


async def test_of_fifty_registrations_at_once_exactly_one_wins(stores: tuple[Store, Store]) -> None:
    rig = Rig(store=stores[0])
    other = Rig(store=stores[1], clock=rig.clock)
    offered = rig.browser(dbsc=False)
    await offered.sign_in()
    browsers = [rig.browser() if number % 2 else other.browser() for number in range(50)]
    for browser in browsers:
        browser.offer = offered.offer
    outcomes = [response.status for response in await asyncio.gather(*(one.register() for one in browsers))]
    assert sorted(outcomes) == [200, *[409] * 49]
    winner = browsers[outcomes.index(200)]
    winner.jar |= offered.jar
    assert (await winner.visit("GET", "/account")).status == 200
    await rig.close()
    await other.close()


async def test_bad_registrations_never_use_the_offer_up(rig: Rig) -> None:
    browser = rig.browser(dbsc=False)
    await browser.sign_in()
    offer = read_offers(browser.offer or "")[0]
    key = SoftDbsc()
    other = read_offers((await _offer(rig)) or "")[0]
    bad = [
        key.registration_proof(offer.challenge, offer.authorization, signer=SoftDbsc()),
        key.registration_proof("x" * 62, offer.authorization),
        key.registration_proof(offer.challenge, None),
        key.registration_proof(offer.challenge, "junk"),
        key.registration_proof(offer.challenge, (offer.authorization or "")[:-1]),
        key.registration_proof(other.challenge, offer.authorization),
        key.registration_proof(offer.challenge, offer.authorization, typ="at+jwt"),
        "not.a.jws",
    ]
    for proof in bad:
        response = await browser.send("POST", offer.path, headers=registration_headers(proof, origin=ORIGIN))
        assert 400 <= response.status < 500
        assert response.cookies() == {}
    browser.dbsc = True
    assert (await browser.register()).status == 200


async def _offer(rig: Rig) -> str | None:
    browser = rig.browser(dbsc=False)
    await browser.sign_in("somebody else")
    return browser.offer


async def test_an_offer_expires(rig: Rig) -> None:
    browser = rig.browser(dbsc=False)
    await browser.sign_in()
    rig.clock.advance(61)
    assert (await browser.register()).code == "challenge_stale"


async def test_an_offer_survives_a_restart(rig: Rig) -> None:
    browser = rig.browser(dbsc=False)
    await browser.sign_in()
    restarted = Rig(clock=rig.clock, store=rig.dbsc._engine.store)
    browser.app = restarted.app
    assert (await browser.register()).status == 200
    await restarted.close()


async def test_a_sign_out_before_the_registration_voids_the_offer(store: Store) -> None:
    rig = Rig(store=store)
    browser = rig.browser(dbsc=False)
    await browser.sign_in()
    await rig.dbsc.terminate("sid-1")
    assert (await browser.register()).status == 403
    assert (await browser.visit("GET", "/account")).code == "session_revoked"
    assert rig.told() == ["Terminated signed_out", "Refused session_ended", "Refused session_revoked"]
    await rig.close()


async def test_a_sign_out_during_the_registration_wins() -> None:
    rig = Rig()
    store, register = rig.dbsc._engine.store, rig.dbsc._engine.store.register

    async def register_and_end(*args: object, **named: object) -> object:
        found = await register(*args, **named)  # type: ignore[arg-type]
        await rig.dbsc.terminate("sid-1")
        return found

    store.register = register_and_end  # type: ignore[method-assign, assignment]
    browser = rig.browser(dbsc=False)
    await browser.sign_in()
    response = await browser.register()
    assert response.status == 410
    assert response.cookies() == {}
    await rig.close()


async def test_rs256_keys_register_too(rig: Rig) -> None:
    browser = rig.browser(dbsc=False)
    await browser.sign_in()
    assert (await browser.register(SoftDbsc("RS256"))).status == 200
    assert (await browser.refresh()).status == 200


class _Answer:
    def __init__(self) -> None:
        self.headers = self
        self.fields: list[tuple[str, str]] = []

    def add(self, name: str, value: str) -> None:
        self.fields.append((name, value))


@pytest.mark.parametrize("arguments", [{"session_id": ""}, {"session_id": "x", "user": "y" * 2000}])
async def test_bind_needs_a_session_and_a_user_that_fits(rig: Rig, arguments: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"session id|too long"):
        rig.dbsc.bind(_Answer(), **arguments)


async def test_bind_needs_no_request_around_it_but_replacing_a_session_does(rig: Rig) -> None:
    outside, answer = contextvars.Context(), _Answer()
    outside.run(lambda: rig.dbsc.bind(answer, session_id="x"))
    assert [name for name, _ in answer.fields] == ["Secure-Session-Registration", "Set-Cookie"]
    with pytest.raises(RuntimeError, match="DeviceBound is not around"):
        outside.run(lambda: rig.dbsc.bind(answer, session_id="x", replaces="y"))
