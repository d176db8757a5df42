"""Several workers over one database and one Valkey."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from boundgate.protect import Store, ValkeyLedger
from tests.protect.rig import Rig
from tests.protect.test_middleware import lifespan, obedient


@pytest.fixture
async def workers(stores: tuple[Store, Store], valkey_url: str) -> AsyncIterator[tuple[Rig, Rig]]:
    prefix = f"test-{secrets.token_hex(6)}"
    first = Rig(store=stores[0], ledger=ValkeyLedger(valkey_url, prefix=prefix))
    second = Rig(store=stores[1], ledger=ValkeyLedger(valkey_url, prefix=prefix), clock=first.clock)
    yield first, second
    await first.close()
    await second.close()


async def test_a_browser_may_speak_to_a_different_worker_each_time(workers: tuple[Rig, Rig]) -> None:
    owner = await workers[0].owner()
    for number in range(1, 5):
        owner.app = workers[number % 2].app
        workers[0].clock.advance(301)
        assert (await owner.visit("GET", "/account")).status == 200
    assert owner.refreshes == 4
    assert [name for rig in workers for name in rig.told()].count("Refreshed") == 4
    assert not [name for rig in workers for name in rig.told() if name.startswith("Retried")]


async def test_a_copied_jar_dies_at_every_worker(workers: tuple[Rig, Rig]) -> None:
    owner = await workers[0].owner()
    thief = owner.copy_jar()
    owner.app = workers[1].app
    workers[0].clock.advance(100)
    await owner.refresh()
    assert (await owner.visit("GET", "/account")).status == 200
    workers[0].clock.advance(11)
    for rig in workers:
        thief.app = rig.app
        assert (await thief.send("GET", "/account")).code == "proof_required"


async def test_one_proof_counts_once_whichever_workers_get_it(workers: tuple[Rig, Rig]) -> None:
    from tests.support.soft_browser import refresh_headers

    owner = await workers[0].owner()
    assert owner.key is not None
    headers = refresh_headers(owner.session_id or "", owner.key.refresh_proof(owner.challenge), origin=owner.origin)
    twins = [owner.copy_jar() for _ in range(10)]
    for number, twin in enumerate(twins):
        twin.app = workers[number % 2].app
    answers = await asyncio.gather(*(twin.send("POST", "/dbsc/refresh", headers=headers) for twin in twins))
    assert sorted(answer.status for answer in answers) == [200, *[403] * 9]


async def test_a_ledger_out_of_reach_fails_the_start_and_opens_no_door() -> None:
    rig = Rig(ledger=ValkeyLedger("unix:///nowhere/valkey.sock"))
    told = await lifespan(rig.dbsc.wrap(obedient))
    assert told[0]["type"] == "lifespan.startup.failed"
    browser = rig.browser(dbsc=False)
    assert (await browser.sign_in()).status == 200, "a sign-in needs no shared state"
    assert (await browser.register()).status == 503
    assert (await browser.visit("GET", "/open")).status == 200
    await rig.close()


async def test_a_ledger_can_be_opened_again(valkey_url: str) -> None:
    rig = Rig(ledger=ValkeyLedger(valkey_url, prefix=f"test-{secrets.token_hex(6)}"))
    owner = await rig.owner()
    await rig.close()
    assert (await owner.visit("GET", "/account")).status == 200
    await rig.close()
