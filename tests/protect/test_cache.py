"""How often the store is asked, and what an end does to what was read before it."""

from __future__ import annotations

import asyncio
from typing import Any

from boundgate.protect import MemoryStore
from boundgate.protect.cache import RecordCache
from boundgate.protect.store import Record, app_hash
from tests.protect.rig import Rig
from tests.protect.test_store import ALICE, a_key
from tests.support.keys import FakeClock


class Counting(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.reads = self.writes = 0

    async def find(self, app_hash: bytes) -> Record | None:
        self.reads += 1
        return await super().find(app_hash)

    async def find_by_id(self, session_id: str) -> Record | None:
        self.reads += 1
        return await super().find_by_id(session_id)

    async def record_proofs(self, proofs: Any) -> None:
        self.writes += 1
        await super().record_proofs(proofs)


async def test_a_burst_of_requests_costs_one_read() -> None:
    store = Counting()
    rig = Rig(store=store)
    owner = await rig.owner()
    await owner.visit("GET", "/account")
    before = store.reads
    for _ in range(50):
        assert (await owner.visit("GET", "/account")).status == 200
    assert store.reads == before
    await rig.close()


async def test_a_refresh_writes_nothing_before_its_answer() -> None:
    store = Counting()
    rig = Rig(store=store)
    owner = await rig.owner()
    writes = store.writes
    await owner.refresh()
    assert store.writes == writes
    await rig.dbsc.flush()
    record = await store.find(app_hash("sid-1"))
    assert record is not None
    assert record.key is not None
    assert record.key.last_mint > 0
    await rig.close()


async def test_requests_of_the_never_bound_cost_one_read_a_second() -> None:
    store = Counting()
    rig = Rig(store=store, allow_unbound=True)
    browser = rig.browser(dbsc=False)
    await browser.sign_in()
    before = store.reads
    for _ in range(10):
        await browser.visit("GET", "/account")
    assert store.reads <= before + 1
    await rig.close()


async def test_made_up_cookies_are_not_taken_for_known_absences(rig: Rig) -> None:
    browser = rig.browser(dbsc=False)
    await browser.sign_in()
    assert await browser.standing() == "unregistered"
    await browser.register()
    assert await browser.standing() == "protected", "another process may have made the record just now"


async def test_a_record_read_before_an_end_is_not_answered_after_it() -> None:
    store, clock = MemoryStore(), FakeClock()
    await store.register(ALICE, user="alice", key=a_key())
    cache = RecordCache(store, clock=clock, seconds=60)
    find, reading, go_on = store.find, asyncio.Event(), asyncio.Event()

    async def slow(hashed: bytes) -> Record | None:
        found = await find(hashed)
        reading.set()
        await go_on.wait()
        return found

    store.find = slow  # type: ignore[method-assign]
    waiting = asyncio.create_task(cache.find(ALICE, absence_will_do=False))
    await reading.wait()
    await store.end(ALICE, now=clock())
    cache.forget(ALICE)
    go_on.set()
    for record in (await waiting, await cache.find(ALICE, absence_will_do=True)):
        assert record is not None
        assert record.ended_at is not None


async def test_unknown_ids_fill_no_memory() -> None:
    cache = RecordCache(MemoryStore(), clock=FakeClock(), seconds=60)
    for number in range(100):
        assert await cache.find_by_id(f"made-up-{number}") is None
    assert len(cache._hashes) == len(cache._records) == 0


async def test_memory_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr("boundgate.protect.cache.MAX_ENTRIES", 10)
    cache = RecordCache(MemoryStore(), clock=FakeClock(), seconds=60)
    for number in range(100):
        await cache.find(app_hash(str(number)), absence_will_do=True)
    assert len(cache._records) == 10
