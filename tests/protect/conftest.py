"""Every store, each in a place of its own, and a small application with logins around which `DeviceBound` stands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from boundgate.protect import MemoryStore, SqlStore, Store
from tests.protect.rig import Rig
from tests.support.services import database_in


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Store, Store]]:
    """The same records as two processes see them; in memory there is only one process."""
    if request.param == "memory":
        store = MemoryStore()
        yield store, store
        return
    if request.param == "sqlite":
        async with _twice(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'bound.sqlite3'}") as pair:
            yield pair
        return
    async with database_in(request.getfixturevalue("postgres_url")) as url, _twice(url) as pair:
        yield pair


@asynccontextmanager
async def _twice(url: str) -> AsyncIterator[tuple[Store, Store]]:
    first, second = SqlStore(url), SqlStore(url)
    yield first, second
    await first.close()
    await second.close()


@pytest.fixture
def store(stores: tuple[Store, Store]) -> Store:
    return stores[0]


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """The small application over a store in memory."""
    made = Rig()
    yield made
    await made.close()
