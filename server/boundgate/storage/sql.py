"""The few expressions that the dialects spell differently."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Case, ColumnElement, Connection, Table, bindparam, case
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def greater_of(column: ColumnElement[Any], parameter: str) -> Case[Any]:
    """The greater of a column and the named parameter (`max` here, `greatest` there)."""
    given = bindparam(parameter, type_=column.type)
    return case((column < given, given), else_=column)


def upsert(connection: AsyncConnection | Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that can say what to do on conflict."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
