"""What workers share besides the database: hot state and news, in a Valkey, or in this process where it is alone."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from boundgate.clock import RandomBytes
from boundgate.sessions.ports import HotState, SessionNews
from boundgate.storage.memory_hot import MemoryHotState
from boundgate.storage.valkey_hot import ValkeyHotState
from boundgate.storage.valkey_link import ValkeyLink
from boundgate.storage.valkey_news import ValkeySessionNews


@dataclass(frozen=True, slots=True)
class SharedState:
    """The two parts, over one server."""

    hot: HotState
    news: SessionNews | None
    """None where there is nobody to hear it."""


@contextlib.asynccontextmanager
async def open_shared_state(url: str, *, prefix: str, random: RandomBytes) -> AsyncIterator[SharedState]:
    """Open what workers share.

    Args:
        url: of a Valkey or Redis; empty for a worker that is alone.
        prefix: begins every key and channel there.

    Raises:
        StorageUnavailable: the server cannot be used; the sentence says why.
    """
    if not url:
        yield SharedState(MemoryHotState(random), None)
        return
    link = ValkeyLink(url, prefix=prefix)
    try:
        hot = ValkeyHotState(link, random=random)
        await hot.open()
        yield SharedState(hot, ValkeySessionNews(link, hot, random=random))
    finally:
        await link.aclose()
