"""The cache serves bursts, and never an ended session that this process has ended."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from boundgate.sessions.cache import SessionCache
from boundgate.sessions.model import Session, SessionView
from tests.support.keys import FakeClock

VIEW = SessionView(
    Session(
        id="sid",
        user_id="u",
        user_name="alice",
        login_hash=b"h" * 32,
        created_at=0.0,
        last_seen_at=0.0,
        user_agent="",
        address="127.0.0.1",
        offered_at=0.0,
    ),
    None,
)


class Store:
    """One record, counted reads, and a gate that holds a read under way."""

    def __init__(self) -> None:
        self.view_now: SessionView | None = VIEW
        self.reads = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def view(self, session_id: str) -> SessionView | None:
        self.reads += 1
        found = self.view_now if session_id == "sid" else None
        await self.gate.wait()
        return found

    async def view_by_login(self, login_hash: bytes) -> SessionView | None:
        return await self.view("sid" if login_hash == VIEW.session.login_hash else "")


def cache_over(store: Store, clock: FakeClock) -> SessionCache:
    return SessionCache(store, clock=clock, seconds=1.0)  # type: ignore[arg-type]


async def test_a_burst_costs_one_read() -> None:
    store, clock = Store(), FakeClock()
    cache = cache_over(store, clock)
    for _ in range(100):
        assert await cache.view("sid") == VIEW
        assert await cache.view_by_login(b"h" * 32) == VIEW
    assert store.reads <= 2


async def test_a_record_is_at_most_a_second_old() -> None:
    store, clock = Store(), FakeClock()
    cache = cache_over(store, clock)
    await cache.view("sid")
    store.view_now = ended = replace(VIEW, session=replace(VIEW.session, ended_at=1.0))
    clock.advance(1.0)
    assert await cache.view("sid") == ended


async def test_an_end_is_seen_at_once() -> None:
    store, clock = Store(), FakeClock()
    cache = cache_over(store, clock)
    await cache.view("sid")
    store.view_now = None
    cache.forget(["sid"])
    assert await cache.view("sid") is None
    assert await cache.view_by_login(b"h" * 32) is None


async def test_a_read_that_began_before_an_end_is_not_kept() -> None:
    store, clock = Store(), FakeClock()
    cache = cache_over(store, clock)
    store.gate.clear()
    late = asyncio.create_task(cache.view("sid"))
    await asyncio.sleep(0)
    cache.forget(["sid"])
    store.view_now = None
    store.gate.set()
    await late
    assert await cache.view("sid") is None


async def test_unknown_sessions_are_not_kept() -> None:
    store, clock = Store(), FakeClock()
    cache = cache_over(store, clock)
    for number in range(1000):
        assert await cache.view(f"junk{number}") is None
    assert not cache._views


async def test_a_login_value_that_was_replaced_finds_nothing_while_the_session_is_cached() -> None:
    store, clock = Store(), FakeClock()
    cache = cache_over(store, clock)
    assert await cache.view_by_login(b"h" * 32) == VIEW
    store.view_now = replace(VIEW, session=replace(VIEW.session, login_hash=b"n" * 32))
    cache.forget(["sid"])
    assert await cache.view("sid") == store.view_now
    store.view_now = None
    assert await cache.view_by_login(b"h" * 32) is None


async def test_a_read_is_as_old_as_its_beginning() -> None:
    store, clock = Store(), FakeClock()
    cache = cache_over(store, clock)
    store.gate.clear()
    slow = asyncio.create_task(cache.view("sid"))
    await asyncio.sleep(0)
    clock.advance(0.9)
    store.gate.set()
    await slow
    clock.advance(0.2)
    store.view_now = None
    assert await cache.view("sid") is None


async def test_the_cache_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr("boundgate.sessions.cache.MAX_ENTRIES", 10)
    store, clock = Store(), FakeClock()
    cache = cache_over(store, clock)
    for number in range(50):
        store.view_now = replace(VIEW, session=replace(VIEW.session, id=f"s{number}", login_hash=bytes([number])))
        cache._keep(store.view_now, clock())
    assert (len(cache._views), len(cache._ids_by_login)) == (10, 10)
    assert cache._fresh("s49") is not None
