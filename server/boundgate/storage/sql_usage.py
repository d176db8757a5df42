"""`boundgate.usage.ports.UsageStore` in SQL; the port says what each method owes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from boundgate.storage.engine import Database
from boundgate.storage.finishing import finishing
from boundgate.storage.schema import calls, events
from boundgate.storage.sql import upsert
from boundgate.storage.usage_rows import call_row, event_rows, read_call, read_event
from boundgate.usage.model import ALLOW, OK, AuditEvent, CallRecord
from boundgate.usage.ports import Spend

PRUNE_ROWS = 5_000
"""Rows that one transaction deletes: whoever wants to end a session must not wait for a long one."""
_FOLD_COLUMNS = [events.c.minute, events.c.kind, events.c.outcome, events.c.address, events.c.session_hash]


@finishing
class SqlUsageStore:
    """Calls and events as rows.

    Args:
        database: stays the caller's to close.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, calls: Sequence[CallRecord], events: Sequence[AuditEvent]) -> None:
        batch = [call_row(call) for call in calls], *event_rows(events)
        if any(batch):
            async with self._database.write() as connection:
                await _write(connection, *batch)

    async def prune(self, *, before: float, keep_rows: int) -> int:
        gone = 0
        for table, refused in ((calls, calls.c.decision != ALLOW), (events, events.c.outcome != OK)):
            gone += await self._delete(table, table.c.at < before)
            surplus = await self._surplus(table, refused, keep_rows)
            gone += 0 if surplus is None else await self._delete(table, surplus)
        return gone

    async def spend(self, session_hash: str) -> Spend:
        query = select(func.count(), func.coalesce(func.sum(calls.c.cost_micro_usd), 0)).where(
            calls.c.session_hash == session_hash, calls.c.decision == ALLOW, calls.c.model.is_not(None)
        )
        async with self._database.read() as connection:
            count, cost = (await connection.execute(query)).one()
        return Spend(calls=count, cost_micro_usd=int(cost))

    async def events(self, *, kind_prefix: str = "", limit: int = 100) -> list[AuditEvent]:
        query = select(events).order_by(events.c.at.desc(), events.c.seq.desc()).limit(limit)
        if kind_prefix:
            # Not LIKE: it ignores case here and not there.
            start = func.substr(events.c.kind, 1, len(kind_prefix), type_=events.c.kind.type)
            query = query.where(start == kind_prefix)
        async with self._database.read() as connection:
            return [read_event(row) for row in await connection.execute(query)]

    async def calls(self, *, limit: int = 100) -> list[CallRecord]:
        query = select(calls).order_by(calls.c.at.desc(), calls.c.seq.desc()).limit(limit)
        async with self._database.read() as connection:
            return [read_call(row) for row in await connection.execute(query)]

    async def _surplus(self, table: Table, refused: ColumnElement[bool], keep_rows: int) -> ColumnElement[bool] | None:
        """What is true of the refusals beyond the newest `keep_rows`; None where there are none."""
        at, seq = table.c.at, table.c.seq
        first = select(at, seq).where(refused).order_by(at.desc(), seq.desc())
        async with self._database.read() as connection:
            row = (await connection.execute(first.offset(keep_rows).limit(1))).one_or_none()
        if row is None:
            return None
        return and_(refused, or_(at < row.at, and_(at == row.at, seq <= row.seq)))

    async def _delete(self, table: Table, which: ColumnElement[bool]) -> int:
        some = select(table.c.seq).where(which).limit(PRUNE_ROWS)
        gone = 0
        while True:
            async with self._database.write() as connection:
                deleted = (await connection.execute(delete(table).where(table.c.seq.in_(some)))).rowcount
            gone += deleted
            if deleted < PRUNE_ROWS:
                return gone


async def _write(connection: AsyncConnection, new_calls: list[Any], new_events: list[Any], refused: list[Any]) -> None:
    if new_calls:
        await connection.execute(insert(calls), new_calls)
    if new_events:
        await connection.execute(insert(events), new_events)
    if refused:
        fold = upsert(connection, events)
        counted = fold.on_conflict_do_update(
            index_elements=_FOLD_COLUMNS,
            set_={
                "count": events.c.count + fold.excluded.count,
                "at": case((events.c.at < fold.excluded.at, fold.excluded.at), else_=events.c.at),
            },
        )
        await connection.execute(counted, refused)
