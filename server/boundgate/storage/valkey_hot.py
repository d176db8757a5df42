"""`boundgate.sessions.ports.HotState` in a Valkey or Redis that several workers share. Every method is one round trip.

The epoch belongs to one run of one server: it changes where the state starts empty, and also where the server has
restarted or another has taken its place, because the last uses may be missing from what that one loaded. All keys but
the epoch's own carry the epoch, so nothing of an older one is ever read; it goes when its time has passed.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.exceptions import NoScriptError

from boundgate.clock import RandomBytes
from boundgate.dbsc import KnownMint, Minted, ValidChallenge
from boundgate.errors import StorageUnavailable
from boundgate.storage.memory_hot import EPOCH_BYTES, LONGEST_SESSION_SECONDS
from boundgate.storage.valkey_link import UNAVAILABLE, ValkeyLink, Word, evicting
from boundgate.storage.valkey_scripts import ENSURE, scripts_for

_log = logging.getLogger(__name__)

EPOCH_MS = 30 * 86_400_000
"""How long the epoch outlives the last proof."""
USED_MS = EPOCH_MS + 86_400_000
"""How long what was used outlives the last use: longer than the epoch, so that it is never missing under it."""
SLACK_SECONDS = 60.0
"""Keys live this much longer than needed, because the server's clock is not ours."""
ATTEMPTS = 4
"""Of one call while epochs change under it."""
USED = (b"used", b"forgotten")


@dataclass(frozen=True, slots=True)
class _Epoch:
    stored: bytes
    """As it stands in Valkey: the `run_id` of the server that it belongs to, and the epoch."""
    name: bytes
    """In the names of keys."""
    scripts: dict[str, tuple[str, str]]
    """SHA-1 and text by name."""

    @property
    def secret(self) -> bytes:
        return self.stored[-EPOCH_BYTES:]


class ValkeyHotState:
    """Used challenges, mint numbers, signatures and uses, shared. The number of signatures stops at 1024.

    Args:
        link: to the server.
        random: gives epochs.
    """

    def __init__(self, link: ValkeyLink, *, random: RandomBytes) -> None:
        self._link, self._random = link, random
        self._key = link.prefix + b":epoch"
        self.channel = link.prefix + b":epochs"
        """Where a new epoch is announced, so that all workers learn of it at once."""
        self._now: _Epoch | None = None

    async def open(self) -> None:
        """Learn the epoch, or choose one. To be called before anything else.

        Raises:
            StorageUnavailable: the server cannot be used; the sentence says why.
        """
        stored, about = await self._link.first_call(*self._ensure())
        if problem := self._learn(stored, about):
            raise StorageUnavailable(f"hot_state_url: {problem}")

    async def renew(self) -> None:
        """Learn the epoch again.

        Raises:
            StorageUnavailable
        """
        stored, about = await self._link.call(*self._ensure())
        if problem := self._learn(stored, about):
            _log.error("the shared state cannot be used: %s", problem)
            raise StorageUnavailable(UNAVAILABLE)

    @property
    def epoch(self) -> bytes:
        return self._epoch.secret

    async def consume(self, challenge: ValidChallenge, *, now: float) -> bool:
        arguments = (USED_MS, EPOCH_MS, challenge.id, challenge.remember_until, now)
        return bool(await self._under(challenge.epoch, "consume", USED, arguments))

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
        keys = (*USED, *(_of(session_id, kind) for kind in "sgu"))
        arguments = (
            *(USED_MS, EPOCH_MS),
            *((challenge.id, challenge.remember_until) if challenge else (b"", b"")),
            *(now, at_least, _kept_ms(LONGEST_SESSION_SECONDS)),
            *(now - window_seconds, _kept_ms(window_seconds)),
            *((known.mint, known.at, known.at + keep_seconds) if known else (b"", b"", b"")),
            _kept_ms(keep_seconds),
        )
        if challenge is None:
            found = await self._run("prove", keys, arguments)
        else:
            found = await self._under(challenge.epoch, "prove", keys, arguments)
        return Minted(int(found[0]), int(found[1])) if found else None

    async def signatures(self, session_id: str, *, now: float, window_seconds: float) -> int:
        # "(": what is exactly as old as the window has left it.
        return int(await self._run("signatures", (_of(session_id, "g"),), (f"({now - window_seconds!r}",)))

    async def note_use(self, session_id: str, mint: int, *, now: float, keep_seconds: float) -> float | None:
        arguments = (mint, now, now + keep_seconds, _kept_ms(keep_seconds))
        newer = await self._run("note_use", (_of(session_id, "u"),), arguments)
        return None if newer is None else float(newer)

    async def newest_mint_at(self, session_id: str) -> float | None:
        found = await self._run("newest_mint_at", (_of(session_id, "s"),), ())
        return None if found is None else float(found)

    @property
    def _epoch(self) -> _Epoch:
        assert self._now is not None, "open() comes first"
        return self._now

    async def _under(self, epoch: bytes, name: str, keys: Sequence[bytes], arguments: Sequence[Word]) -> Any:
        """One call that counts only under `epoch`; None where it is over."""
        current = self._epoch
        if epoch != current.secret:
            return None
        answer = await self._call(current, name, keys, arguments)
        if answer is None:
            await self.renew()
            return None
        return answer[0]

    async def _run(self, name: str, keys: Sequence[bytes], arguments: Sequence[Word]) -> Any:
        """One call under whatever epoch it is."""
        for _ in range(ATTEMPTS):
            answer = await self._call(self._epoch, name, keys, arguments)
            if answer is not None:
                return answer[0]
            await self.renew()
        _log.error("the shared state loses its epoch again and again")
        raise StorageUnavailable(UNAVAILABLE)

    async def _call(
        self, epoch: _Epoch, name: str, keys: Sequence[bytes], arguments: Sequence[Word]
    ) -> list[Any] | None:
        """The answer in a list; None, and nothing changed, where the epoch is over."""
        digest, text = epoch.scripts[name]
        names = (self._key, *(b":".join((self._link.prefix, epoch.name, key)) for key in keys))
        given = (len(names), *names, epoch.stored, *map(_word, arguments))
        place = len(names) + 2
        try:
            answer = await self._link.call("EVALSHA", digest, *given[:place], b"", *given[place:])
        except NoScriptError:
            answer = await self._link.call("EVAL", text, *given[:place], b"load", *given[place:])
        return answer[1:] if answer[0] else None

    def _ensure(self) -> tuple[Word, ...]:
        return "EVAL", ENSURE, 1, self._key, self._random(EPOCH_BYTES), EPOCH_MS, self.channel

    def _learn(self, stored: bytes | None, about: bytes) -> str | None:
        """Take over what `ENSURE` found. Returns what is wrong with the server, if anything is."""
        if stored is None:
            return "the server does not tell its run_id, without which nobody knows whether it has lost something."
        if self._now is None or stored != self._now.stored:
            run = stored[:-EPOCH_BYTES].decode("ascii")
            scripts = {name: (_sha1(text), text) for name, text in scripts_for(run).items()}
            self._now = _Epoch(stored, hashlib.sha256(stored).hexdigest()[:16].encode(), scripts)
        return evicting(about)


def _of(session_id: str, kind: str) -> bytes:
    return f"{kind}:{session_id}".encode()


def _kept_ms(seconds: float) -> int:
    return round((seconds + SLACK_SECONDS) * 1000)


def _word(value: Word) -> Word:
    return repr(value) if isinstance(value, float) else value


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
