"""What one network may ask of the back channel without proving anything (RFC 9126 §2.3: 429).

Anybody may name a public client, push requests in its name, and send proofs by keys that he has just made; each costs a
signature verification and is remembered for a minute. A request that proves something costs its sender nothing here.
"""

from __future__ import annotations

import math
from collections import OrderedDict

from boundgate.clock import Clock
from boundgate.oauth.errors import TooManyRequests

WINDOW_SECONDS = 60.0
MAX_PLACES = 50_000


class Allowance:
    """Requests that each place has left; they come back evenly over a minute (GCRA). One process's own count.

    Args:
        per_minute: how many a place has.
        clock: injected.
        max_places: how many are remembered; the one that was not heard of for longest is forgotten first, and has a
            whole allowance again.
    """

    def __init__(self, *, per_minute: int, clock: Clock, max_places: int = MAX_PLACES) -> None:
        self._each, self._clock, self._max_places = WINDOW_SECONDS / per_minute, clock, max_places
        self._whole_at: OrderedDict[bytes, float] = OrderedDict()
        """When a place has its whole allowance again."""

    def spend(self, place: bytes) -> None:
        """Take one request out of the allowance of a place.

        Raises:
            TooManyRequests: none is left.
        """
        now = self._clock()
        # A clock that was set back must not lock anybody out for longer than a minute.
        whole_at = max(now, min(self._whole_at.get(place, now), now + WINDOW_SECONDS))
        over = whole_at + self._each - now - WINDOW_SECONDS
        # Half a request is none: what comes of adding up many is not exact.
        spent = over > self._each / 2
        self._whole_at[place] = whole_at if spent else whole_at + self._each
        self._whole_at.move_to_end(place)
        if len(self._whole_at) > self._max_places:
            self._whole_at.popitem(last=False)
        if spent:
            raise TooManyRequests(retry_after_seconds=math.ceil(over))

    def give_back(self, place: bytes) -> None:
        """The request has proved something, or was in vain for a reason on this side."""
        if place in self._whole_at:
            self._whole_at[place] -= self._each
