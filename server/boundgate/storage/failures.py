"""The one place where errors of drivers become ours."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from alembic.util import CommandError
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from boundgate.errors import StorageUnavailable

_log = logging.getLogger(__name__)

_UNAVAILABLE = "The server cannot reach its records just now. Try again in a moment."
_NO_DRIVER = "The database driver that database_url names is not installed. Install it, or name another database."
_NO_URL = (
    "The setting database_url cannot be understood. Write sqlite+aiosqlite:///PATH or postgresql+asyncpg://HOST/NAME."
)
_OTHER_VERSION = "The database was made by another version of Boundgate. Start that version, or a newer one."


@contextmanager
def declared_failures() -> Iterator[None]:
    """Turn what databases, their drivers and the network raise into `StorageUnavailable`.

    Neither the message nor the log carries a traceback, a statement or the driver's words: they quote values.
    """
    try:
        yield
    except (ArgumentError, NoSuchModuleError):
        raise StorageUnavailable(_NO_URL) from None
    except (SQLAlchemyError, OSError, OverflowError) as error:
        _log.error("storage failed: %s", _name(error))
        raise StorageUnavailable(_UNAVAILABLE) from None
    except ModuleNotFoundError:
        raise StorageUnavailable(_NO_DRIVER) from None
    except CommandError:
        raise StorageUnavailable(_OTHER_VERSION) from None


def corrupt(what: str) -> StorageUnavailable:
    """The error for a record that is there and cannot be read. `what` names the kind of record, never its content."""
    _log.error("storage holds an unreadable %s", what)
    return StorageUnavailable(_UNAVAILABLE)


def _name(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return f"{type(cause).__name__} {code}" if code else type(cause).__name__
