"""The state that several workers share, in a Valkey or Redis, for an object that is made before any loop runs."""

from __future__ import annotations

import asyncio

from boundgate.clock import RandomBytes, system_random
from boundgate.dbsc import KnownMint, Minted, ValidChallenge
from boundgate.errors import StorageUnavailable
from boundgate.storage.valkey_hot import ValkeyHotState
from boundgate.storage.valkey_link import ValkeyLink


class ValkeyLedger:
    """`boundgate.dbsc.Ledger` over a server that is connected to when it is first needed.

    Args:
        url: `redis://`, `rediss://` (TLS) or `unix://`, with user name, password and database number as usual.
        prefix: begins every key, so that several applications can share a server.
    """

    def __init__(self, url: str, *, prefix: str = "dbsc", random: RandomBytes = system_random) -> None:
        self._url, self._prefix, self._random = url, prefix, random
        self._link: ValkeyLink | None = None
        self._state: ValkeyHotState | None = None
        self._opening = asyncio.Lock()

    async def open(self) -> None:
        """Connect. Raises StorageUnavailable: the server cannot be used; the sentence says why."""
        async with self._opening:
            if self._state is not None:
                return
            link = self._link or ValkeyLink(self._url, prefix=self._prefix)
            self._link, state = link, ValkeyHotState(link, random=self._random)
            await state.open()
            self._state = state

    async def close(self) -> None:
        """Give the connections back; the next call makes new ones."""
        link, self._link, self._state = self._link, None, None
        if link is not None:
            await link.aclose()

    @property
    def epoch(self) -> bytes:
        """Raises StorageUnavailable before the first connection."""
        if self._state is None:
            raise StorageUnavailable("The server has not reached its shared state yet. Try again in a moment.")
        return self._state.epoch

    async def consume(self, challenge: ValidChallenge, *, now: float) -> bool:
        return await (await self._opened()).consume(challenge, now=now)

    async def prove(
        self,
        session_id: str,
        *,
        challenge: ValidChallenge | None,
        at_least: int,
        known: KnownMint | None,
        now: float,
        window_seconds: float,
        keep_seconds: float,
    ) -> Minted | None:
        return await (await self._opened()).prove(
            session_id,
            challenge=challenge,
            at_least=at_least,
            known=known,
            now=now,
            window_seconds=window_seconds,
            keep_seconds=keep_seconds,
        )

    async def signatures(self, session_id: str, *, now: float, window_seconds: float) -> int:
        return await (await self._opened()).signatures(session_id, now=now, window_seconds=window_seconds)

    async def note_use(self, session_id: str, mint: int, *, now: float, keep_seconds: float) -> float | None:
        return await (await self._opened()).note_use(session_id, mint, now=now, keep_seconds=keep_seconds)

    async def newest_mint_at(self, session_id: str) -> float | None:
        return await (await self._opened()).newest_mint_at(session_id)

    async def _opened(self) -> ValkeyHotState:
        if self._state is None:
            await self.open()
        assert self._state is not None, "opening it raises otherwise"
        return self._state
