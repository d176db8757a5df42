from __future__ import annotations

import asyncio
import logging
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from boundgate.errors import StorageUnavailable
from boundgate.storage import Database, SqlPasskeyStore, engine, open_database
from boundgate.storage.schema import notices, users
from tests.contract.builders import ALICE, a_user


def modes(directory: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in [directory, *directory.iterdir()]}


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000)]
)
async def test_every_connection_is_set_up_for_durability(database: Database, pragma: str, value: object) -> None:
    async with database.read() as first, database.read() as second, database.write() as third:
        for connection in (first, second, third):
            assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar_one() == value


async def test_the_file_and_its_directory_are_the_owner_s_alone(database: Database, file: Path) -> None:
    assert modes(file.parent) == {"data": 0o700, **{f"boundgate.sqlite3{end}": 0o600 for end in ("", "-shm", "-wal")}}


async def test_a_block_that_raises_writes_nothing(database: Database) -> None:
    store = SqlPasskeyStore(database)

    async def write_and_fail() -> None:
        async with database.write() as connection:
            await connection.execute(insert(users).values(_user_row()))
            raise RuntimeError("of the caller")

    with pytest.raises(RuntimeError, match="of the caller"):
        await write_and_fail()
    assert await store.users() == []
    assert await store.create_user(a_user())


async def test_a_foreign_key_that_names_nothing_is_refused_without_quoting_it(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(StorageUnavailable) as caught:
        async with database.write() as connection:
            await connection.execute(insert(notices).values(user_id="hidden-user", at=1.0, text="hidden-text"))
    shown = f"{caught.value} {caught.value.__cause__} {caplog.text}"
    assert "hidden" not in shown
    assert "INSERT" not in shown
    assert "IntegrityError SQLITE_CONSTRAINT_FOREIGNKEY" in caplog.text


async def test_errors_of_the_engine_itself_carry_no_parameters(database: Database) -> None:
    with pytest.raises(SQLAlchemyError) as caught:
        async with database.engine.connect() as connection:
            await connection.execute(text("SELECT :secret FROM nowhere"), {"secret": "s3cr3t"})
    assert "s3cr3t" not in str(caught.value)


async def test_a_closed_database_stays_closed(database: Database) -> None:
    await database.close()
    with pytest.raises(StorageUnavailable, match="shutting down"):
        await SqlPasskeyStore(database).users()
    with pytest.raises(StorageUnavailable, match="shutting down"):
        await SqlPasskeyStore(database).create_user(a_user())


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("nonsense", "database_url cannot be understood"),
        ("nosuch://host/name", "database_url cannot be understood"),
        ("mysql+aiomysql://host/name", "driver"),
        ("sqlite+aiosqlite:////proc/nowhere/boundgate.sqlite3", "cannot reach"),
    ],
)
async def test_a_url_that_leads_nowhere_is_explained(bad: str, says: str) -> None:
    with pytest.raises(StorageUnavailable, match=says):
        await open_database(bad)


def test_a_file_that_is_no_database_is_refused_and_left_alone(file: Path, url: str) -> None:
    file.parent.mkdir()
    file.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(StorageUnavailable):
        asyncio.run(open_database(url))
    assert file.read_bytes() == b"not a database at all" * 1000


async def test_a_database_in_memory_serves_many_callers_too() -> None:
    database = await open_database("sqlite+aiosqlite://")
    store = SqlPasskeyStore(database)
    users_ = [a_user(f"user-{n}") for n in range(20)]
    assert all(await asyncio.gather(*(store.create_user(user) for user in users_)))
    assert await asyncio.gather(*(store.user(user.id) for user in users_)) == users_
    await database.close()


async def test_a_writer_that_another_process_keeps_waiting_gives_up(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WAIT_SECONDS", 0.2)
    impatient = await open_database(f"sqlite+aiosqlite:///{file}")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = SqlPasskeyStore(impatient)
    outcomes = await asyncio.gather(*(store.create_user(a_user()) for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 3
    assert await store.users() == []
    other.execute("COMMIT")
    other.close()
    assert await store.create_user(a_user())
    await impatient.close()


async def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    store = SqlPasskeyStore(database)
    async with database.write() as connection:
        await connection.execute(insert(users).values(_user_row()))
        assert await store.user(ALICE) is None
        assert (await connection.execute(select(users.c.id))).scalars().all() == [ALICE]
    assert await store.user(ALICE) == a_user()


def _user_row() -> dict[str, object]:
    user = a_user()
    return {field: getattr(user, field) for field in ("id", "name", "handle", "operator", "created_at")}
