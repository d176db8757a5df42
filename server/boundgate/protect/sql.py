"""`Store` in SQL: SQLite for one node, PostgreSQL for more. One table, and every change is one statement."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    Row,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    inspect,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from boundgate.protect.memory import outcome
from boundgate.protect.store import BoundKey, ProofNote, Record, Registration
from boundgate.storage.engine import Database, make_engine
from boundgate.storage.failures import declared_failures
from boundgate.storage.finishing import finishing
from boundgate.storage.rows import blob, maybe, reader, seconds, whole
from boundgate.storage.rows import text as text_of
from boundgate.storage.sql import greater_of, upsert
from boundgate.storage.types import Blob, Seconds, StoredText

TABLE_NAME = "dbsc_sessions"
_LOCK_NUMBER = 0x62672D70726F74


def dbsc_table(metadata: MetaData, *, name: str = TABLE_NAME) -> Table:
    """The table, for an application whose own Alembic makes it: `dbsc_table(Base.metadata)`.

    One row per application session; the primary key makes the first key win, whatever the code does.
    """
    return Table(
        name,
        metadata,
        Column("app_hash", Blob, primary_key=True),
        Column("user_name", StoredText, index=True),
        # All of these are NULL where a session ended before it was bound.
        Column("id", StoredText, unique=True),
        Column("algorithm", StoredText),
        Column("jwk", StoredText),
        Column("thumbprint", StoredText),
        Column("bound_at", Seconds),
        Column("last_proof_at", Seconds),
        Column("last_mint", BigInteger),
        Column("client", StoredText),
        Column("ended_at", Seconds, index=True),
    )


@finishing
class SqlStore:
    """Records as rows.

    Args:
        database: an SQLAlchemy URL, `sqlite+aiosqlite:///PATH` or `postgresql+asyncpg://USER@HOST/NAME`, or the
            application's own asynchronous engine. An engine stays the application's to dispose of.
        create: make the table where it is missing, and add what an older one lacks. False where a migration makes it,
            see `dbsc_table`.
        table: its name.
    """

    def __init__(self, database: str | AsyncEngine, *, create: bool = True, table: str = TABLE_NAME) -> None:
        with declared_failures():
            engine = make_engine(database) if isinstance(database, str) else database
        self._engine, self._database, self._owned = engine, Database(engine), isinstance(database, str)
        self._metadata = MetaData()
        self._table, self._create, self._ready = dbsc_table(self._metadata, name=table), create, False
        self._record_proof = _record_proof(self._table)

    async def open(self) -> None:
        await self._open()

    async def _open(self) -> None:
        if self._ready:
            return
        if self._create:
            async with self._database.write() as connection:
                if self._ready:
                    return  # another call was first
                if connection.dialect.name == "postgresql":
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
                await connection.run_sync(self._metadata.create_all)
                await connection.run_sync(_add_missing_columns, self._table)
        self._ready = True

    async def find(self, app_hash: bytes) -> Record | None:
        return await self._one(select(self._table).where(self._table.c.app_hash == app_hash))

    async def find_by_id(self, session_id: str) -> Record | None:
        return await self._one(select(self._table).where(self._table.c.id == session_id))

    async def register(self, app_hash: bytes, *, user: str | None, key: BoundKey) -> Registration:
        row = {
            "app_hash": app_hash,
            "user_name": user,
            "id": key.id,
            "algorithm": key.algorithm,
            "jwk": key.jwk,
            "thumbprint": key.thumbprint,
            "bound_at": key.bound_at,
            "last_proof_at": key.last_proof_at,
            "last_mint": key.last_mint,
            "client": key.client,
        }
        await self._open()
        async with self._database.write() as connection:
            statement = upsert(connection, self._table).values(row)
            done = await connection.execute(statement.on_conflict_do_nothing(index_elements=["app_hash"]))
            if done.rowcount == 1:
                return Registration.BOUND
            found = (await connection.execute(select(self._table).where(self._table.c.app_hash == app_hash))).one()
        return outcome(_read(found), key)

    async def record_proofs(self, proofs: Sequence[ProofNote]) -> None:
        if not proofs:
            return
        # In one order: two workers that write the same sessions must not wait for each other.
        rows = [
            {"proved_id": proof.id, "proved_at": proof.proved_at, "mint": proof.mint}
            for proof in sorted(proofs, key=lambda proof: proof.id)
        ]
        await self._open()
        async with self._database.write() as connection:
            await connection.execute(self._record_proof, rows)

    async def end(self, app_hash: bytes, *, now: float) -> bool:
        await self._open()
        async with self._database.write() as connection:
            statement = upsert(connection, self._table).values(app_hash=app_hash, ended_at=now)
            ending = statement.on_conflict_do_update(
                index_elements=["app_hash"], set_={"ended_at": now}, where=self._table.c.ended_at.is_(None)
            )
            return (await connection.execute(ending)).rowcount == 1

    async def end_user(self, user: str, *, now: float) -> list[bytes]:
        await self._open()
        living = (self._table.c.user_name == user) & self._table.c.ended_at.is_(None)
        ending = update(self._table).where(living).values(ended_at=now).returning(self._table.c.app_hash)
        async with self._database.write() as connection:
            return [bytes(found) for found in (await connection.execute(ending)).scalars()]

    async def prune(self, *, ended_before: float, proved_before: float) -> int:
        await self._open()
        columns = self._table.c
        over = or_(
            columns.ended_at < ended_before,
            columns.ended_at.is_(None) & (columns.last_proof_at < proved_before),
        )
        async with self._database.write() as connection:
            return (await connection.execute(delete(self._table).where(over))).rowcount

    def close(self) -> Coroutine[Any, Any, None]:
        # Not one of the calls that run to their end in a task: it waits for those.
        return self._close()

    async def _close(self) -> None:
        if self._owned:
            await self._database.close()
            # A server may be started again in this process, as tests do.
            self._database, self._ready = Database(self._engine), False

    async def _one(self, query: Select[Any]) -> Record | None:
        await self._open()
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _read(row)


def _add_missing_columns(connection: Connection, table: Table) -> None:
    """A table of before has not all columns. What is new may be NULL, so that its rows stay good, and older workers
    go on beside this one."""
    present = {column["name"] for column in inspect(connection).get_columns(table.name)}
    operations = Operations(MigrationContext.configure(connection))
    for column in table.columns:
        if column.name not in present:
            operations.add_column(table.name, Column(column.name, column.type))


def _record_proof(table: Table) -> Update:
    return (
        update(table)
        .where(table.c.id == bindparam("proved_id"), table.c.ended_at.is_(None))
        .values(
            last_proof_at=greater_of(table.c.last_proof_at, "proved_at"),
            last_mint=greater_of(table.c.last_mint, "mint"),
        )
    )


def _read_record(row: Row[Any]) -> Record:
    return Record(
        app_hash=blob(row.app_hash),
        user=maybe(text_of, row.user_name),
        key=None if row.id is None else _read_key(row),
        ended_at=maybe(seconds, row.ended_at),
    )


def _read_key(row: Row[Any]) -> BoundKey:
    return BoundKey(
        id=text_of(row.id),
        algorithm=text_of(row.algorithm),
        jwk=text_of(row.jwk),
        thumbprint=text_of(row.thumbprint),
        bound_at=seconds(row.bound_at),
        last_proof_at=seconds(row.last_proof_at),
        last_mint=whole(row.last_mint),
        client=maybe(text_of, row.client),
    )


_read = reader("bound session", _read_record)
