"""Logs: structlog for ours, the same renderer for every library's, and one processor that hides token material.

The rule of the code is that no credential is ever logged. The redaction here is the last line of defence for the day
when somebody forgets: it runs on every record, our own and a library's, after tracebacks have become text.
"""

from __future__ import annotations

import logging
import sys
from typing import IO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from boundgate.redaction import redact

_QUIET = ("hypercorn.error", "sqlalchemy", "aiosqlite", "alembic", "asyncio", "aiohttp", "h2", "hpack")
"""Libraries whose chatter below WARNING says nothing to an operator."""


def configure_logging(log_format: str, *, stream: IO[str] | None = None) -> None:
    """Send every log record of this process to `stream` (standard error by default).

    Args:
        log_format: `json`, `console`, or `auto`: console where `stream` is a terminal.
        stream: where lines go.
    """
    target = stream or sys.stderr
    as_json = log_format == "json" or (log_format == "auto" and not target.isatty())
    shared = _shared_processors()
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact_record,
                _renderer(as_json=as_json, colors=target.isatty()),
            ],
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def redact_record(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The structlog processor around `redaction.redact`; an event that cannot be redacted is not printed."""
    try:
        return {str(name): redact(value, field=str(name)) for name, value in event.items()}
    except Exception:  # noqa: BLE001 - whatever went wrong, the record must not pass unredacted
        return {"event": "a log record was withheld: it could not be redacted", "level": "error"}


def _shared_processors() -> list[Processor]:
    return [
        # request_id and the like, bound by the routes, so that a library's record of an uncaught exception has them
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _renderer(*, as_json: bool, colors: bool) -> Processor:
    if as_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    # The default renderer of exceptions prints local variables, and those hold credentials.
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
