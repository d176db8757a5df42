"""What workers tell each other over Valkey's channels: sessions that have changed or ended, and new epochs.

Best effort: what is not heard shows when a cached record runs out, within a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any

from redis.exceptions import RedisError

from boundgate.clock import RandomBytes
from boundgate.errors import StorageUnavailable
from boundgate.sessions.model import News
from boundgate.storage.valkey_hot import ValkeyHotState
from boundgate.storage.valkey_link import CALL_SECONDS, ValkeyLink
from boundgate.strict_json import StrictJSONError, loads

_log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
"""Between attempts to listen again."""
QUIET_SECONDS = 15.0
"""After so long without news the connection is tried."""


class ValkeySessionNews:
    """`boundgate.sessions.ports.SessionNews` over a channel.

    Args:
        hot: told to learn the epoch anew when another worker has chosen one.
        random: gives this worker a name, by which it knows its own news.
    """

    def __init__(self, link: ValkeyLink, hot: ValkeyHotState, *, random: RandomBytes) -> None:
        self._link, self._hot, self._name = link, hot, random(8).hex()
        self._channel = link.prefix + b":sessions"
        self._telling: set[asyncio.Task[None]] = set()

    def tell(self, session_ids: Collection[str], *, ended: bool) -> None:
        """Tell the other workers. Returns at once; what cannot be told is logged."""
        if not session_ids:
            return
        text = json.dumps({"by": self._name, "ended": ended, "ids": sorted(session_ids)})
        task = asyncio.create_task(self._tell(text.encode()))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, text: bytes) -> None:
        with contextlib.suppress(StorageUnavailable):  # logged where it was raised
            await self._link.call("PUBLISH", self._channel, text)

    @contextlib.asynccontextmanager
    async def heard_by(self, hear: Callable[[News], None], gap: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        hearing = asyncio.Event()
        task = asyncio.create_task(self._listen(hear, gap, hearing))
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(hearing.wait(), CALL_SECONDS)
            yield
        finally:
            task.cancel()
            await asyncio.wait({task, *self._telling}, timeout=CALL_SECONDS)

    async def _listen(
        self, hear: Callable[[News], None], gap: Callable[[], Awaitable[None]], hearing: asyncio.Event
    ) -> None:
        listening = True
        while True:
            try:
                async with self._link.client.pubsub() as channels:
                    await channels.subscribe(self._channel, self._hot.channel)
                    await self._hot.renew()
                    listening = True
                    await gap()
                    hearing.set()
                    await self._follow(channels, hear)
            except (RedisError, OSError, StorageUnavailable) as error:
                if listening:
                    _log.warning("other workers are not heard: %s", type(error).__name__)
                listening = False
            except Exception:  # noqa: BLE001 - logged with its trace
                # Without this task, others' ends would be seen late for as long as the process runs.
                _log.exception("other workers are not heard, trying again")
            await asyncio.sleep(AGAIN_SECONDS)

    async def _follow(self, channels: Any, hear: Callable[[News], None]) -> None:
        waiting = False
        while True:
            message = await channels.get_message(timeout=QUIET_SECONDS)
            if message is None:
                if waiting:
                    raise TimeoutError
                await channels.ping()
            elif message["type"] == "message" and message["channel"] == self._hot.channel:
                await self._hot.renew()
            elif message["type"] == "message" and (news := read_news(message["data"], but_from=self._name)):
                hear(news)
            waiting = message is None


def read_news(data: bytes, *, but_from: str) -> News | None:
    """What a message says; None where it is our own, or nobody's."""
    try:
        value = loads(data, max_depth=3)
    except StrictJSONError:
        return None
    if not isinstance(value, dict) or value.keys() != {"by", "ended", "ids"} or value["by"] == but_from:
        return None
    ids, ended = value["ids"], value["ended"]
    if not isinstance(ended, bool) or not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        return None
    return News(tuple(ids), ended)
