"""The port behind proofs: what must be remembered for minutes, shared by all workers, and may be lost as a whole.

A loss shows as a new `epoch`, which voids every challenge made before, so no challenge is ever accepted twice. It
costs each browser one extra round trip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ValidChallenge:
    """A challenge that we issued for this purpose and context and that has not expired. It may have been used."""

    id: bytes
    expires_at: float
    remember_until: float
    """Later than `expires_at`, or a use in its last moment could be forgotten by a clock that is ahead."""
    epoch: bytes
    """Under which it was issued; a memory of another epoch must not accept it."""


@dataclass(frozen=True, slots=True)
class KnownMint:
    """The newest value that a durable record knows of: its number, and when it was minted (Unix seconds)."""

    mint: int
    at: float


@dataclass(frozen=True, slots=True)
class Minted:
    """A mint number, and how many signatures fall within the window, this one included."""

    mint: int
    signatures: int


class UsedChallenges(Protocol):
    """Remembers what was used, until it would have expired anyway."""

    @property
    def epoch(self) -> bytes:
        """New whenever the memory starts empty."""

    async def consume(self, challenge: ValidChallenge, *, now: float) -> bool:
        """True for exactly one caller, and only where the challenge is of this epoch."""


class Ledger(UsedChallenges, Protocol):
    """Used challenges, mint numbers, signatures and uses of cookie values.

    Every method is one atomic step. Memory is bounded: an entry may be dropped once its time has passed, never before.
    """

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
        """Everything that a verified proof changes, at once.

        Uses the challenge up; counts one signature; gives out a mint number above every one given out for this
        session before and at least `at_least`; notes `now` as the newest mint's time.

        Args:
            challenge: None where there is nothing to use up (a registration, whose offer can be taken once).
            known: where no mint of the session is remembered, first note that value as used when it was minted, or
                those that were older still would be good again until the new one is used.
            window_seconds: over which signatures are counted.
            keep_seconds: how long a noted use is kept.

        Returns:
            None, and nothing changed, where the challenge was used before or is of another epoch.
        """

    async def signatures(self, session_id: str, *, now: float, window_seconds: float) -> int:
        """How many verified signatures fall within the window. Notes nothing."""

    async def note_use(self, session_id: str, mint: int, *, now: float, keep_seconds: float) -> float | None:
        """Note that cookie value `mint` was presented.

        Returns when a newer value of the session was first presented, or None if none was.
        """

    async def newest_mint_at(self, session_id: str) -> float | None:
        """When the newest value was minted in this epoch, in Unix seconds."""
