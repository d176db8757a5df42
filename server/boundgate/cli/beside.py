"""Commands that act beside a running server, on the same data."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from boundgate.errors import NotFound
from boundgate.settings import Settings

Result = TypeVar("Result")


def require_database(settings: Settings) -> None:
    """Refuse to look for anything where no server has ever run: a mistyped directory must not be made."""
    file = settings.data_dir / "boundgate.sqlite3"
    if not settings.database_url and not file.exists():
        raise NotFound(f"no server has run on {settings.data_dir} yet. Choose its directory with --data-dir.")


def with_services(settings: Settings, act: Callable[[Any], Awaitable[Result]]) -> Result:
    """Run `act` with the services of a server that serves nobody and tells the one that does what it ends."""
    from boundgate.app import open_services  # noqa: PLC0415 - `--help` must not load the whole application
    from boundgate.listening import prepare_data_dir  # noqa: PLC0415
    from boundgate.logging_setup import configure_logging  # noqa: PLC0415

    async def within() -> Result:
        async with open_services(settings, beside=True) as services:
            return await act(services)

    configure_logging(settings.log_format)
    prepare_data_dir(settings.data_dir)
    return asyncio.run(within())
