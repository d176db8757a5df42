"""How many requests that prove nothing one network has, and that counting them takes no more memory than it may."""

from __future__ import annotations

import pytest

from boundgate.oauth.allowance import Allowance
from boundgate.oauth.errors import TooManyRequests
from tests.support.keys import FakeClock

HERE, THERE = b"here", b"there"


def refused(allowance: Allowance, place: bytes = HERE) -> int | None:
    """Seconds to wait; None where it was let through."""
    try:
        allowance.spend(place)
    except TooManyRequests as error:
        return error.retry_after_seconds
    return None


@pytest.mark.parametrize("per_minute", [1, 7, 60, 300, 9_999])
def test_a_place_has_so_many_in_a_minute_and_not_one_more(per_minute: int) -> None:
    allowance = Allowance(per_minute=per_minute, clock=FakeClock())
    assert [refused(allowance) for _ in range(per_minute)] == [None] * per_minute
    assert refused(allowance) is not None
    assert refused(allowance, THERE) is None


def test_it_comes_back_evenly_and_says_when() -> None:
    clock = FakeClock()
    allowance = Allowance(per_minute=6, clock=clock)
    for _ in range(6):
        assert refused(allowance) is None
    assert refused(allowance) == 10
    assert refused(allowance) == 10, "being refused costs nothing more"
    clock.advance(10)
    assert refused(allowance) is None
    assert refused(allowance) == 10
    clock.advance(3_600)
    assert [refused(allowance) for _ in range(7)] == [*[None] * 6, 10], "and never becomes more than a minute's"


def test_what_is_given_back_is_there_again() -> None:
    allowance = Allowance(per_minute=2, clock=FakeClock())
    for _ in range(50):
        assert refused(allowance) is None
        allowance.give_back(HERE)
    allowance.give_back(THERE)
    assert [refused(allowance) for _ in range(3)] == [None, None, 30]


def test_a_clock_that_is_set_back_locks_nobody_out_for_longer_than_a_minute() -> None:
    clock = FakeClock()
    allowance = Allowance(per_minute=2, clock=clock)
    for _ in range(2):
        assert refused(allowance) is None
    clock.advance(-86_400)
    assert refused(allowance) == 30
    clock.advance(60)
    assert refused(allowance) is None


def test_places_are_forgotten_in_the_order_in_which_they_were_heard_of() -> None:
    allowance = Allowance(per_minute=1, clock=FakeClock(), max_places=100)
    for number in range(1_000):
        assert refused(allowance, number.to_bytes(2)) is None
        assert len(allowance._whole_at) <= 100
    assert refused(allowance, (999).to_bytes(2)) == 60
    assert refused(allowance, (0).to_bytes(2)) is None
