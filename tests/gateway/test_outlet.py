from __future__ import annotations

import asyncio

from boundgate.gateway.outlet import Outlet


async def test_what_is_ready_is_taken_as_one_piece_and_the_end_stays_the_end():
    outlet = Outlet()
    for item in (b"a", b"b", None):
        assert await outlet.put(item)
    assert [await outlet.get() for _ in range(3)] == [b"ab", None, None]


async def test_a_full_outlet_makes_the_writer_wait_for_the_reader():
    outlet = Outlet(size=3)
    await outlet.put(b"a")
    await outlet.put(b"b")
    await outlet.put(b"c")
    fourth = asyncio.create_task(outlet.put(b"d"))
    await asyncio.sleep(0)
    assert not fourth.done()
    assert await outlet.get() == b"abc"
    assert await fourth
    assert await outlet.get() == b"d"


async def test_closing_frees_a_waiting_writer_and_gives_the_reader_the_last_word():
    outlet = Outlet(size=3)
    await outlet.put(b"a")
    await outlet.put(b"b")
    await outlet.put(b"c")
    fourth = asyncio.create_task(outlet.put(b"d"))
    await asyncio.sleep(0)
    outlet.close(b"last")
    outlet.close(b"later")
    assert await fourth is False
    assert [await outlet.get() for _ in range(3)] == [b"last", None, None]
    assert await outlet.put(b"e") is False


async def test_a_reader_that_takes_nothing_counts_as_gone():
    outlet = Outlet(size=3, stall_seconds=0.01)
    await outlet.put(b"a")
    await outlet.put(b"b")
    await outlet.put(b"c")
    assert await outlet.put(b"d") is False
    assert await outlet.get() is None
