"""Connections to a Valkey (or Redis), and the one place where its errors become ours.

A server that is down, slow or full costs a caller `StorageUnavailable` within `CALL_SECONDS`, and nothing else:
connections are made anew by the next caller.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from redis import asyncio as valkey
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, NoScriptError, RedisError
from redis.exceptions import ConnectionError as LostConnection

from boundgate.errors import StorageUnavailable

_log = logging.getLogger(__name__)

CALL_SECONDS = 3.0
"""The longest that one call may take: its turn, a connection, the answer."""
CONNECT_SECONDS = 1.5
CALLS_AT_ONCE = 16
UNAVAILABLE = "The server cannot reach its shared state just now. Try again in a moment."
_WHY = {
    AuthenticationError: "it refuses the user name or password in the address. Correct the setting.",
    NoPermissionError: "its user may not run EVAL, EVALSHA, INFO or what the scripts do with keys. Widen its rights.",
}

Word = bytes | str | int | float


class ValkeyLink:
    """A pool of connections.

    Args:
        url: `redis://`, `rediss://` (TLS) or `unix://`, with user name, password and database number as usual.
        prefix: begins every key and channel, so that several deployments can share a server.
    """

    def __init__(self, url: str, *, prefix: str) -> None:
        # Braces, so that a cluster keeps all of one deployment's keys together.
        self.prefix = f"{{{prefix}}}".encode()
        self._running: set[asyncio.Task[Any]] = set()
        self._turns = asyncio.Semaphore(CALLS_AT_ONCE)
        pool = valkey.ConnectionPool.from_url(
            url,
            protocol=2,
            decode_responses=False,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=CALL_SECONDS,
            # Once more where the connection was lost, as by a restart: at worst a challenge counts as used whose answer
            # nobody saw, and the browser signs another.
            retry=Retry(NoBackoff(), 1, supported_errors=(LostConnection,)),
        )
        self.client = valkey.Redis.from_pool(pool)
        self._execute: Any = self.client.execute_command  # untyped in the package

    async def call(self, *words: Word) -> Any:
        """One command.

        Raises:
            redis.exceptions.NoScriptError: it was `EVALSHA` and the script is not there.
            StorageUnavailable: for everything else that goes wrong.
        """
        try:
            return await self._in_time(words)
        except NoScriptError:
            raise
        except (RedisError, OSError) as error:
            # Neither the message nor the log carries the driver's words: they may quote keys and addresses.
            _log.error("shared state failed: %s", type(error).__name__)
            raise StorageUnavailable(UNAVAILABLE) from None

    async def first_call(self, *words: Word) -> Any:
        """The same for a server that is starting and can say what is wrong.

        Raises:
            StorageUnavailable: with a sentence for an operator.
        """
        try:
            return await self._in_time(words)
        except (RedisError, OSError) as error:
            errors = (error, error.__cause__)  # what happens while connecting comes wrapped
            known = next((why for kind, why in _WHY.items() for one in errors if isinstance(one, kind)), None)
            unknown = f"no Valkey or Redis answers there ({type(error).__name__}). Start it, or correct the setting."
            raise StorageUnavailable(f"hot_state_url: {known or unknown}") from None

    async def _in_time(self, words: tuple[Word, ...]) -> Any:
        # In a task of its own: whoever hangs up leaves no half-read answer on a connection, and the time is kept even
        # where the package loses a cancellation.
        task = asyncio.create_task(self._in_turn(words))
        self._running.add(task)
        task.add_done_callback(self._forget)
        await asyncio.wait({task}, timeout=CALL_SECONDS)
        if not task.done():
            task.cancel()
            raise TimeoutError
        return task.result()

    async def _in_turn(self, words: tuple[Word, ...]) -> Any:
        async with self._turns:
            return await self._execute(*words)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited has it, or has gone

    async def aclose(self) -> None:
        """Close every connection, after the calls under way."""
        if self._running:
            await asyncio.wait(self._running, timeout=CALL_SECONDS)
        await self.client.aclose()


def evicting(memory: bytes) -> str | None:
    """What is wrong with a server that may drop keys when it is full, by `INFO memory`; None where nothing is.

    Managed servers may keep this to themselves; then nobody knows, and a warning says so.
    """
    fields = dict(line.split(b":", 1) for line in memory.splitlines() if b":" in line)
    most, policy = fields.get(b"maxmemory"), fields.get(b"maxmemory_policy")
    if most is None or policy is None:
        _log.warning("the shared state does not tell its maxmemory-policy, which must be noeviction")
        return None
    if most == b"0" or policy == b"noeviction":
        return None
    named = policy.decode(errors="replace")
    return (
        f"its maxmemory-policy is {named}: when full it would forget used challenges, and each could be used again. "
        "Set maxmemory-policy to noeviction."
    )
