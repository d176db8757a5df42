from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from boundgate.errors import StorageUnavailable
from boundgate.storage import Database, open_database
from boundgate.storage.migrate import upgrade
from boundgate.storage.schema import metadata


def dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


def differences(connection: Connection) -> object:
    options = {"compare_type": True, "compare_server_default": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def checks(connection: Connection) -> dict[str, list[str]]:
    inspector = inspect(connection)
    return {
        table: [str(check["name"]) for check in inspector.get_check_constraints(table)] for table in metadata.tables
    }


async def test_the_migrations_make_exactly_the_tables_of_the_schema(database: Database) -> None:
    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
        assert (await connection.run_sync(checks))["sessions"] == ["ck_sessions_end_has_reason"]


async def test_a_second_upgrade_changes_nothing(database: Database, file: Path) -> None:
    before = dump(file)
    await upgrade(database.engine)
    assert dump(file) == before


async def test_several_servers_that_start_at_once_share_one_upgrade(url: str) -> None:
    databases = await asyncio.gather(*(open_database(url) for _ in range(8)))
    for database in databases:
        async with database.read() as connection:
            assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all() == [
                "0002"
            ]
        await database.close()


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(
    database: Database, url: str, file: Path
) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = dump(file)
    with pytest.raises(StorageUnavailable, match="another version"):
        await open_database(url)
    assert dump(file) == before
