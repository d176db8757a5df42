"""`boundgate.sessions.ports.HotState` in one process. Atomic because no method waits for anything."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field

from boundgate.clock import RandomBytes
from boundgate.dbsc import KnownMint, Minted, ValidChallenge
from boundgate.storage.expiry import ExpiryQueue

EPOCH_BYTES = 16
LONGEST_SESSION_SECONDS = 8 * 86_400.0
"""How long a session's mint number is kept after the last mint; no sign-in lives longer than seven days."""


@dataclass(slots=True)
class _Use:
    """The first presentation of a cookie value that was the newest presented until then."""

    mint: int
    first_at: float
    keep_until: float


@dataclass(slots=True)
class _Activity:
    """What is known of one session."""

    mint: int | None = None
    minted_at: float | None = None
    signed_at: deque[float] = field(default_factory=deque)
    uses: list[_Use] = field(default_factory=list)
    """Ascending by mint and by time: a value that comes after a newer one adds nothing to what can be asked."""
    over_at: float = 0.0


class MemoryHotState:
    """Used challenges, mint numbers, signatures and uses, kept until their time has passed.

    Args:
        random: gives the epoch.
    """

    def __init__(self, random: RandomBytes) -> None:
        self._epoch = random(EPOCH_BYTES)
        self._consumed: set[bytes] = set()
        self._consumed_until: ExpiryQueue[bytes] = ExpiryQueue()
        self._forgotten_until = float("-inf")
        self._activity: dict[str, _Activity] = {}
        self._activity_until: ExpiryQueue[str] = ExpiryQueue()

    @property
    def epoch(self) -> bytes:
        return self._epoch

    async def consume(self, challenge: ValidChallenge, *, now: float) -> bool:
        return self._use_up(challenge, now)

    def _use_up(self, challenge: ValidChallenge, now: float) -> bool:
        for forgotten, at in self._consumed_until.pop_due(now):
            self._consumed.discard(forgotten)
            self._forgotten_until = at
        # The last condition holds where the clock was set back: what was used and forgotten must not come again.
        until, used = challenge.remember_until, challenge.id in self._consumed
        if used or challenge.epoch != self._epoch or until <= now or until <= self._forgotten_until:
            return False
        self._consumed.add(challenge.id)
        self._consumed_until.push(challenge.id, until)
        return True

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
        if challenge is not None and not self._use_up(challenge, now):
            return None
        activity = self._touch(session_id, now, now + LONGEST_SESSION_SECONDS)
        if known is not None and activity.mint is None:
            _note_use(activity.uses, known.mint, known.at, keep_seconds)
        signed_at = activity.signed_at
        while signed_at and signed_at[0] <= now - window_seconds:
            signed_at.popleft()
        signed_at.append(now)
        activity.mint = at_least if activity.mint is None else max(activity.mint + 1, at_least)
        activity.minted_at = now
        return Minted(activity.mint, len(signed_at))

    async def signatures(self, session_id: str, *, now: float, window_seconds: float) -> int:
        activity = self._activity.get(session_id)
        return 0 if activity is None else sum(at > now - window_seconds for at in activity.signed_at)

    async def note_use(self, session_id: str, mint: int, *, now: float, keep_seconds: float) -> float | None:
        return _note_use(self._touch(session_id, now, now + keep_seconds).uses, mint, now, keep_seconds)

    async def newest_mint_at(self, session_id: str) -> float | None:
        activity = self._activity.get(session_id)
        return None if activity is None else activity.minted_at

    def _touch(self, session_id: str, now: float, over_at: float) -> _Activity:
        for due, at in self._activity_until.pop_due(now):
            if self._activity[due].over_at <= at:
                del self._activity[due]
            else:
                self._activity_until.push(due, self._activity[due].over_at)
        activity = self._activity.get(session_id)
        if activity is None:
            activity = self._activity[session_id] = _Activity(over_at=over_at)
            self._activity_until.push(session_id, over_at)
        activity.over_at = max(activity.over_at, over_at)
        return activity


def _note_use(uses: list[_Use], mint: int, now: float, keep_seconds: float) -> float | None:
    while uses and uses[0].keep_until <= now:
        del uses[0]
    place = bisect_right(uses, mint, key=lambda use: use.mint)
    if place < len(uses):
        return uses[place].first_at
    if uses and uses[-1].mint == mint:
        uses[-1].keep_until = now + keep_seconds
        return None
    while uses and uses[-1].first_at >= now:  # the clock was set back
        uses.pop()
    uses.append(_Use(mint, now, now + keep_seconds))
    return None
