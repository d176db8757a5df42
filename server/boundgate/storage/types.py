"""Column types that take whatever the wire brought."""

from __future__ import annotations

from sqlalchemy import BigInteger, Dialect, Double, LargeBinary, Text, types
from sqlalchemy.dialects import sqlite

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
DETAIL_MAX_CHARACTERS = 512

RowNumber = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
"""A key that the database counts up. SQLite does so for INTEGER only."""
Seconds = Double


class Blob(LargeBinary):
    """Bytes, read as they come: the usual conversion makes so many zero bytes of a stray number."""

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        del dialect, coltype


class StoredText(types.TypeDecorator[str]):
    """Text in which characters that a database refuses are replaced, so that junk fails no batch and no look-up.

    PostgreSQL refuses U+0000, and neither database has an encoding for lone surrogates.

    Args:
        max_characters: what is longer is cut; for what is only shown, never for what is looked up.
    """

    impl = Text
    cache_ok = True

    def __init__(self, max_characters: int | None = None) -> None:
        super().__init__()
        self.max_characters = max_characters

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        del dialect
        if value is None:
            return None
        cut = value[: self.max_characters]
        if cut.isascii() and "\0" not in cut:
            return cut
        return "".join(REPLACEMENT if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in cut)
