"""What commands that run beside the only server of a data directory tell it: that some session has ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from pathlib import Path

from boundgate.errors import BoundgateError
from boundgate.sessions.model import News

LOOK_SECONDS = 0.2
log = logging.getLogger(__name__)


class FileSessionNews:
    """`SessionNews` through a file that grows by an octet. It says that something has changed, and not what.

    Args:
        path: in the data directory; made when there is something to tell.
        beside: whether this process is a command beside the server: it tells and does not listen. The server listens
            and has nobody to tell.
    """

    def __init__(self, path: Path, *, beside: bool) -> None:
        self._path, self._beside = path, beside

    def tell(self, session_ids: Collection[str], *, ended: bool) -> None:
        if self._beside and session_ids and ended:
            try:
                with self._path.open("ab") as file:
                    file.write(b".")
            except OSError as error:
                log.warning("a running server may see the end of a session late: %s", error.strerror)

    @contextlib.asynccontextmanager
    async def heard_by(self, hear: Callable[[News], None], gap: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        del hear
        if self._beside:
            yield
            return
        looking = asyncio.create_task(self._look(gap, self._stamp()))
        try:
            yield
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking

    async def _look(self, gap: Callable[[], Awaitable[None]], seen: tuple[int, int]) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            found = self._stamp()
            if found != seen:
                try:
                    await gap()
                    seen = found
                except BoundgateError as error:
                    log.warning("what a command has ended is looked up again: %s", error.detail)

    def _stamp(self) -> tuple[int, int]:
        try:
            found = os.stat(self._path)  # noqa: PTH116 - half the cost of Path.stat, five times a second
        except OSError:
            return 0, 0
        return found.st_mtime_ns, found.st_size
