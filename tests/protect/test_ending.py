"""Sessions that are over, and browsers that move from one to the next."""

from __future__ import annotations

import json
from typing import Any

import pytest

from boundgate.errors import StorageUnavailable
from boundgate.protect import MemoryStore, Store
from tests.protect.rig import BOUND, FRESH, NEW, Rig


async def test_a_sign_out_ends_the_session_here_and_in_the_browser(store: Store) -> None:
    rig = Rig(store=store)
    owner = await rig.owner()
    thief = owner.copy_jar()
    response = await owner.sign_out()
    assert response.cookies() == dict.fromkeys((BOUND, FRESH, NEW), "(expired)")
    assert response.header("Clear-Site-Data") == '"storage"'
    assert response.header("Secure-Session-Challenge") is None
    assert (await thief.visit("GET", "/account")).code == "session_revoked"
    answer = await owner.refresh()
    assert (answer.status, json.loads(answer.body)["continue"], answer.cookies()) == (200, False, {})
    assert owner.key is None
    await rig.close()


async def test_what_a_sign_out_clears_is_the_applications_choice() -> None:
    rig = Rig(clear_site_data="")
    owner = await rig.owner()
    assert (await owner.sign_out()).header("Clear-Site-Data") is None
    await rig.close()


async def test_an_end_during_a_refresh_wins() -> None:
    rig = Rig()
    owner = await rig.owner()
    ledger = rig.dbsc._engine._ledger
    prove = ledger.prove

    async def prove_and_end(*args: Any, **named: Any) -> Any:
        minted = await prove(*args, **named)
        await rig.dbsc.terminate("sid-1")
        return minted

    ledger.prove = prove_and_end  # type: ignore[method-assign]
    answer = await owner.refresh()
    assert (answer.status, json.loads(answer.body)["continue"], answer.cookies()) == (200, False, {})
    await rig.close()


async def test_another_process_sees_an_end_within_a_second(stores: tuple[Store, Store]) -> None:
    rig = Rig(store=stores[0])
    owner = await rig.owner()
    other = Rig(store=stores[1], clock=rig.clock, ledger=rig.dbsc._engine._ledger)
    owner.app = other.app
    assert (await owner.visit("GET", "/account")).status == 200
    await rig.dbsc.terminate("sid-1")
    rig.clock.advance(1)
    assert (await owner.visit("GET", "/account")).code == "session_revoked"
    await rig.close()
    await other.close()


async def test_an_unknown_session_is_forgotten_by_its_browser(rig: Rig) -> None:
    owner = await rig.owner()
    owner.session_id = "nobody"
    assert (await owner.refresh()).status == 404
    assert owner.key is None


async def test_everything_of_a_user_ends(rig: Rig) -> None:
    first, second, other = await rig.owner("alice"), await rig.owner("alice"), await rig.owner("bob")
    assert await rig.dbsc.terminate_user("alice", reason="password changed") == 2
    for browser in (first, second):
        assert (await browser.visit("GET", "/account")).code == "session_revoked"
    assert (await other.visit("GET", "/account")).status == 200
    assert rig.told().count("Terminated password changed") == 2


async def test_ending_twice_is_told_once(rig: Rig) -> None:
    await rig.owner()
    assert await rig.dbsc.terminate("sid-1") is True
    assert await rig.dbsc.terminate("sid-1") is False
    assert rig.told().count("Terminated signed_out") == 1


async def test_a_new_sign_in_ends_the_session_that_the_browser_leaves(rig: Rig) -> None:
    browser = await rig.owner("alice")
    old = browser.copy_jar()
    await browser.sign_in("bob")
    assert rig.told() == ["Registered", "Terminated replaced", "Registered"]
    assert (await old.visit("GET", "/account")).code == "session_revoked"
    assert (await browser.visit("GET", "/account")).status == 200


async def test_a_leftover_whose_cookie_had_expired_ends_when_its_browser_refreshes_it(rig: Rig) -> None:
    browser = await rig.owner("alice")
    left = (browser.key, browser.session_id, browser.challenge)
    rig.clock.advance(1000)
    await browser.sign_in("bob")
    assert rig.told() == ["Registered", "Registered"], "nobody proved that it was alice's browser"
    current = (browser.key, browser.session_id)
    browser.key, browser.session_id, browser.challenge = left
    answer = await browser.refresh()
    assert json.loads(answer.body)["continue"] is False
    assert rig.told()[-2:] == ["Terminated replaced", "Refused session_ended"]
    browser.key, browser.session_id = current
    assert (await browser.visit("GET", "/account")).status == 200


async def test_a_sign_in_can_name_the_session_that_it_replaces(rig: Rig) -> None:
    first = await rig.owner("alice")
    second = rig.browser()
    await second.sign_in("alice", replaces="sid-1")
    assert (await first.visit("GET", "/account")).code == "session_revoked"
    assert (await second.visit("GET", "/account")).status == 200


async def test_an_end_that_cannot_be_stored_is_an_error() -> None:
    class Broken(MemoryStore):
        async def end(self, app_hash: bytes, *, now: float) -> bool:
            raise StorageUnavailable("The store is out of reach.")

    rig = Rig(store=Broken())
    await rig.owner()
    with pytest.raises(StorageUnavailable):
        await rig.dbsc.terminate("sid-1")
    await rig.close()


async def test_a_store_out_of_reach_opens_no_door() -> None:
    class Broken(MemoryStore):
        broken = False

        async def find(self, app_hash: bytes) -> Any:
            if self.broken:
                raise StorageUnavailable("The store is out of reach.")
            return await super().find(app_hash)

    store = Broken()
    rig = Rig(store=store, allow_unbound=True)
    owner = await rig.owner()
    store.broken = True
    rig.clock.advance(2)
    response = await owner.visit("GET", "/account")
    assert (response.status, response.code) == (503, "storage_unavailable")
    store.broken = False
    assert (await owner.visit("GET", "/account")).status == 200
    await rig.close()


async def test_what_is_long_over_is_forgotten_at_the_start(rig: Rig) -> None:
    await rig.owner()
    await rig.dbsc.terminate("sid-1")
    await rig.dbsc.close()
    rig.clock.advance(29 * 86_400)
    await rig.dbsc.open()
    assert await rig.dbsc._engine.store.end(_hash("sid-1"), now=0) is False
    rig.clock.advance(2 * 86_400)
    await rig.dbsc.prune()
    assert await rig.dbsc._engine.store.find(_hash("sid-1")) is None


def _hash(session_id: str) -> bytes:
    from boundgate.protect.store import app_hash

    return app_hash(session_id)
