"""A database that the tests of attestation may fill."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from boundgate.storage import Database, open_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty one."""
    opened = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'data' / 'boundgate.sqlite3'}")
    yield opened
    await opened.close()
