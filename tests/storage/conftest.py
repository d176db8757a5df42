"""An SQLite file, for tests of what only SQLite or the file system does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from boundgate.storage import Database, open_database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "boundgate.sqlite3"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = await open_database(url)
    yield opened
    await opened.close()
