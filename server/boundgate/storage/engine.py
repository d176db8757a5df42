"""Connections and transactions. Everything that a database can do wrong leaves here as `StorageUnavailable`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, AsyncAdaptedQueuePool, Connection, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from boundgate.errors import StorageUnavailable
from boundgate.private_files import make_private_directory
from boundgate.storage.failures import declared_failures
from boundgate.storage.migrate import WRITING, upgrade

Result = TypeVar("Result")

POOL_CONNECTIONS = 8
WAIT_SECONDS = 5.0
"""How long a call waits for a connection, for its turn to write, and for another process's transaction."""
_MEMORY_DATABASES = (None, "", ":memory:")


class Database:
    """An open database. `read` and `write` are the only ways in.

    Args:
        engine: as `open_database` makes it.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._closed = False
        self._running: set[asyncio.Task[Any]] = set()
        self._local = engine.dialect.name == "sqlite"
        # SQLite has one writer at a time. Waiting for it here is first come, first served; its own waiting is polling.
        self._turn = asyncio.Lock()
        self._reading = engine if self._local else engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writing = engine.execution_options(**WRITING)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for one statement that changes nothing.

        Raises:
            StorageUnavailable: for whatever the database does wrong, also inside the block.
        """
        with declared_failures():
            self._check_open()
            async with self._reading.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: on disk when the block has ended, undone when it raised.

        Raises:
            StorageUnavailable: as `read`. Whether the transaction took place is then not known.
        """
        with declared_failures():
            self._check_open()
            async with self._its_turn(), self._writing.begin() as connection:
                yield connection

    async def finish(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run `work` to its end, also where whoever waits for it is cancelled."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited has it, or has gone

    async def close(self) -> None:
        """Give the connections back, after the calls under way. Whoever comes later gets `StorageUnavailable`."""
        self._closed = True
        if self._running:
            await asyncio.wait(self._running, timeout=WAIT_SECONDS)
        await self.engine.dispose()

    @asynccontextmanager
    async def _its_turn(self) -> AsyncIterator[None]:
        if not self._local:
            yield
            return
        async with asyncio.timeout(WAIT_SECONDS):
            await self._turn.acquire()
        try:
            yield
        finally:
            self._turn.release()

    def _check_open(self) -> None:
        if self._closed:
            raise StorageUnavailable("The server is shutting down. Try again in a moment.")


async def open_database(url: str) -> Database:
    """Open the database, making and migrating it as needed.

    Args:
        url: an SQLAlchemy URL: `sqlite+aiosqlite:///PATH` or `postgresql+asyncpg://USER@HOST/NAME`.

    Raises:
        StorageUnavailable: it cannot be reached, is not a database of ours, or belongs to a newer version.
    """
    with declared_failures():
        engine = make_engine(url)
        try:
            await upgrade(engine)
        except BaseException:
            await engine.dispose()
            raise
    return Database(engine)


def make_engine(url: str) -> AsyncEngine:
    """An engine with our settings for either database. Connects to nothing yet, and knows no tables.

    Raises:
        sqlalchemy.exc.ArgumentError, NoSuchModuleError, ModuleNotFoundError: as `declared_failures` turns into ours.
    """
    parsed = make_url(url)
    return _sqlite_engine(parsed) if parsed.get_backend_name() == "sqlite" else _server_engine(parsed)


def _server_engine(url: URL) -> AsyncEngine:
    return create_async_engine(
        url, hide_parameters=True, pool_size=POOL_CONNECTIONS, pool_timeout=WAIT_SECONDS, pool_pre_ping=True
    )


def _sqlite_engine(url: URL) -> AsyncEngine:
    in_memory = url.database in _MEMORY_DATABASES
    if not in_memory:
        _make_private_file(Path(str(url.database)))
    engine = create_async_engine(
        url,
        hide_parameters=True,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1 if in_memory else POOL_CONNECTIONS,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
    )
    event.listen(engine.sync_engine, "connect", _prepare_connection)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _make_private_file(path: Path) -> None:
    make_private_directory(path.parent)
    path.touch(mode=0o600)


def _prepare_connection(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    del entry
    # The driver would begin transactions by itself, too late and of the wrong kind; see `_begin`.
    connection.isolation_level = None
    cursor: Any = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(WAIT_SECONDS * 1000)}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # NORMAL would lose the last transactions in a power cut: an ended session would be back.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for another writer, only fail: take the lock at once.
    if connection.get_execution_options().get("writing"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
