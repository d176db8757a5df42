"""Every store, each in a place of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from boundgate.protect import MemoryStore, SqlStore, Store
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


class _twice:
    def __init__(self, url: str) -> None:
        self.pair = SqlStore(url), SqlStore(url)

    async def __aenter__(self) -> tuple[Store, Store]:
        return self.pair

    async def __aexit__(self, *error: object) -> None:
        for store in self.pair:
            await store.close()


@pytest.fixture
def store(stores: tuple[Store, Store]) -> Store:
    return stores[0]
