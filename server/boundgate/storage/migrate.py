"""Brings a database to the schema of this version."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

WRITING = {"writing": True}
"""Execution options of a transaction that will write."""
_LOCK_NUMBER = 0x626F756E646761


async def upgrade(engine: AsyncEngine) -> None:
    """Run every migration that has not run yet, all in one transaction; of several servers at once one does it.

    Raises:
        alembic.util.CommandError: the database is of a version that this one does not know.
        sqlalchemy.exc.SQLAlchemyError: the database failed.
    """
    async with engine.execution_options(**WRITING).begin() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
        await connection.run_sync(_run)


def _run(connection: Connection) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "boundgate.storage:migrations")
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
