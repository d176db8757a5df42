"""Reads records back with their types checked: SQLite keeps whatever was written into any column.

Whatever does not fit is a `StorageUnavailable`, never a missing record.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Row

from boundgate.storage.failures import corrupt

Record = TypeVar("Record")
Member = TypeVar("Member", bound=StrEnum)


def reader(what: str, read: Callable[[Any], Record]) -> Callable[[Row[Any]], Record]:
    """`read` with everything that it may stumble over declared. `what` names the kind of record."""

    def checked(row: Row[Any]) -> Record:
        try:
            return read(row)
        except (TypeError, ValueError):
            raise corrupt(what) from None

    return checked


def text(value: object) -> str:
    """`value`, which must be text."""
    if not isinstance(value, str):
        raise TypeError
    return value


def blob(value: object) -> bytes:
    """`value`, which must be bytes."""
    if not isinstance(value, bytes):
        raise TypeError
    return value


def seconds(value: object) -> float:
    """`value`, which must be a number."""
    if isinstance(value, bool) or not isinstance(value, float | int):
        raise TypeError
    return float(value)


def whole(value: object) -> int:
    """`value`, which must be a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def maybe(read: Callable[[object], Record], value: object) -> Record | None:
    """`read(value)`, or None for SQL's NULL."""
    return None if value is None else read(value)


def member(kind: type[Member], value: object) -> Member:
    """The member of `kind` that is stored as `value`."""
    return kind(text(value))


def words(value: object) -> tuple[str, ...]:
    """The words of a JSON array."""
    parsed = json.loads(text(value))
    if not isinstance(parsed, list):
        raise TypeError
    return tuple(text(word) for word in parsed)
