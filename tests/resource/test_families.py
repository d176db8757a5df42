"""Records of families at hand: young ones are answered, and an end is in force at once, whatever is being read."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from boundgate.oauth.model import Client, Family
from boundgate.resource import families as module
from boundgate.resource.families import FamilyCache
from tests.contract.oauth_builders import a_client, a_family
from tests.support.keys import FakeClock

SECONDS = 10.0


class Records:
    """Both stores, and how often they were asked."""

    def __init__(self) -> None:
        self.families: dict[str, Family] = {"one": a_family("one", client_id="c")}
        self.clients: dict[str, Client] = {"c": a_client("c")}
        self.reads = 0
        self.gate: asyncio.Event | None = None

    async def family(self, family_id: str) -> Family | None:
        self.reads += 1
        found = self.families.get(family_id)
        if self.gate is not None:
            await self.gate.wait()
        return found

    async def client(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)


class Told:
    def __init__(self) -> None:
        self.news: list[tuple[list[str], bool]] = []

    def tell(self, session_ids, *, ended: bool) -> None:
        self.news.append((list(session_ids), ended))


def cache_of(records: Records, clock: FakeClock, news: Told | None = None) -> FamilyCache:
    return FamilyCache(families=records, clients=records, clock=clock, seconds=SECONDS, news=news)


async def test_a_record_is_read_once_while_it_is_young() -> None:
    records, clock = Records(), FakeClock()
    cache = cache_of(records, clock)
    first = await cache.view("one")
    assert first is not None
    assert (first.family, first.client) == (records.families["one"], records.clients["c"])
    clock.advance(SECONDS - 0.1)
    assert await cache.view("one") is first
    assert cache.fresh("one") is first
    assert records.reads == 1
    clock.advance(0.1)
    assert cache.fresh("one") is None
    assert await cache.view("one") is not first
    assert records.reads == 2


async def test_what_is_not_there_is_asked_for_again() -> None:
    records = Records()
    cache = cache_of(records, FakeClock())
    assert await cache.view("two") is None
    records.families["two"] = a_family("two", client_id="c")
    assert await cache.view("two") is not None


async def test_a_family_whose_client_is_gone_is_gone() -> None:
    records = Records()
    records.clients.clear()
    assert await cache_of(records, FakeClock()).view("one") is None


@pytest.mark.parametrize("how", ["forget", "drop", "drop_all"])
async def test_a_record_that_is_dropped_is_read_anew(how: str) -> None:
    records, news = Records(), Told()
    cache = cache_of(records, FakeClock(), news)
    await cache.view("one")
    records.families["one"] = replace(records.families["one"], ended_at=1.0)
    {"forget": lambda: cache.forget(["one"]), "drop": lambda: cache.drop(["one"]), "drop_all": cache.drop_all}[how]()
    view = await cache.view("one")
    assert view is not None
    assert view.family.ended_at == 1.0
    assert news.news == ([(["one"], False)] if how == "forget" else [])


async def test_a_read_under_way_brings_nothing_back_after_an_end() -> None:
    records = Records()
    records.gate = asyncio.Event()
    cache = cache_of(records, FakeClock())
    reading = asyncio.create_task(cache.view("one"))
    await asyncio.sleep(0)
    records.families["one"] = replace(records.families["one"], ended_at=1.0)
    cache.drop(["one"])
    records.gate.set()
    view = await reading
    assert view is not None
    assert view.family.ended_at == 1.0
    assert cache.fresh("one") is view


async def test_it_keeps_so_many_and_no_more(monkeypatch) -> None:
    monkeypatch.setattr(module, "MAX_ENTRIES", 2)
    records = Records()
    records.families |= {name: a_family(name, client_id="c") for name in ("two", "three")}
    cache = cache_of(records, FakeClock())
    for name in ("one", "two", "three"):
        await cache.view(name)
    assert cache.fresh("one") is None
    assert cache.fresh("three") is not None
