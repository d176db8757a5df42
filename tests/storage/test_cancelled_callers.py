"""A caller that goes away in the middle of a transaction leaves nothing behind that stops the next one."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from boundgate.storage import Database, SqlSessionStore, SqlUsageStore, open_database
from tests.contract.builders import NOW, a_call, an_event


async def test_writes_go_on_after_callers_were_cancelled_at_any_point(tmp_path: Path) -> None:
    draw = random.Random(156)
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'boundgate.sqlite3'}")
    usage, sessions = SqlUsageStore(database), SqlSessionStore(database)
    for _ in range(150):
        tasks = [asyncio.create_task(usage.write([a_call()], [an_event()])) for _ in range(3)]
        tasks.append(asyncio.create_task(sessions.record_seen([("nobody", NOW)])))
        for _ in range(draw.randrange(12)):
            await asyncio.sleep(0)
        await asyncio.sleep(draw.choice((0, 0.0002, 0.0005, 0.001)))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await usage.write([a_call()], [])
    await database.close()


async def test_a_call_that_was_begun_is_carried_out(database: Database) -> None:
    usage = SqlUsageStore(database)
    task = asyncio.create_task(usage.write([a_call()], []))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await usage.write([], [an_event()])
    assert len(await usage.calls()) == 1


async def test_closing_waits_for_what_is_under_way(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'data' / 'boundgate.sqlite3'}"
    database = await open_database(url)
    task = asyncio.create_task(SqlUsageStore(database).write([a_call()], []))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await database.close()
    again = await open_database(url)
    assert len(await SqlUsageStore(again).calls()) == 1
    await again.close()
