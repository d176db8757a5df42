"""What `boundgate.sessions.ports.HotState` promises."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from boundgate.clock import system_random
from boundgate.sessions.ports import HotState
from boundgate.storage import MemoryHotState
from tests.contract.builders import NOW

KEEP = {"keep_seconds": 300.0}
WINDOW = {"window_seconds": 540.0}


def test_every_start_has_its_own_epoch(hot_state: HotState) -> None:
    assert hot_state.epoch == hot_state.epoch
    assert len(hot_state.epoch) >= 16
    assert MemoryHotState(system_random).epoch != hot_state.epoch


async def test_of_many_callers_one_consumes_a_challenge(hot_state: HotState) -> None:
    done = await asyncio.gather(*(hot_state.consume(b"c", expires_at=NOW + 900, now=NOW) for _ in range(50)))
    assert done.count(True) == 1


async def test_a_challenge_is_consumed_once_to_the_end_of_its_life_and_not_after(hot_state: HotState) -> None:
    assert await hot_state.consume(b"c", expires_at=NOW + 900, now=NOW)
    assert not await hot_state.consume(b"c", expires_at=NOW + 900, now=NOW + 899.9)
    assert await hot_state.consume(b"other", expires_at=NOW + 900, now=NOW + 899.9)
    assert not await hot_state.consume(b"c", expires_at=NOW + 900, now=NOW + 900)
    assert not await hot_state.consume(b"never used", expires_at=NOW + 900, now=NOW + 900)


async def test_a_clock_that_is_set_back_revives_no_used_challenge(hot_state: HotState) -> None:
    assert await hot_state.consume(b"c", expires_at=NOW + 900, now=NOW)
    await hot_state.consume(b"d", expires_at=NOW + 90_000, now=NOW + 86_400)
    assert not await hot_state.consume(b"c", expires_at=NOW + 900, now=NOW + 1)
    assert await hot_state.consume(b"e", expires_at=NOW + 901, now=NOW + 1)


async def test_mint_numbers_grow_from_what_is_asked_for(hot_state: HotState) -> None:
    assert await hot_state.next_mint("s1", at_least=5, now=NOW) == 5
    assert await hot_state.next_mint("s1", at_least=1, now=NOW) == 6
    assert await hot_state.next_mint("s1", at_least=6, now=NOW) == 7
    assert await hot_state.next_mint("s1", at_least=20, now=NOW) == 20
    assert await hot_state.next_mint("s2", at_least=1, now=NOW) == 1


async def test_mint_numbers_are_given_out_once_also_at_once_and_days_later(hot_state: HotState) -> None:
    given_out = await asyncio.gather(*(hot_state.next_mint("s1", at_least=1, now=NOW) for _ in range(50)))
    assert sorted(given_out) == list(range(1, 51))
    for day in range(1, 8):
        await hot_state.note_use(f"other {day}", 1, now=NOW + 86_400 * day, **KEEP)
    assert await hot_state.next_mint("s1", at_least=1, now=NOW + 86_400 * 7) == 51


async def test_the_newest_mint_s_time_is_known_in_this_epoch(hot_state: HotState) -> None:
    assert await hot_state.newest_mint_at("s1") is None
    await hot_state.note_use("s1", 1, now=NOW, **KEEP)
    await hot_state.count_signature("s1", now=NOW, **WINDOW)
    assert await hot_state.newest_mint_at("s1") is None
    await hot_state.next_mint("s1", at_least=1, now=NOW)
    await hot_state.next_mint("s1", at_least=1, now=NOW + 7)
    assert await hot_state.newest_mint_at("s1") == NOW + 7


async def test_signatures_within_the_window_are_counted_this_one_included(hot_state: HotState) -> None:
    assert await hot_state.signatures("s1", now=NOW, **WINDOW) == 0
    assert [await hot_state.count_signature("s1", now=NOW + at, **WINDOW) for at in (0, 1, 539.9)] == [1, 2, 3]
    assert await hot_state.signatures("s1", now=NOW + 539.9, **WINDOW) == 3
    assert await hot_state.signatures("s1", now=NOW + 540, **WINDOW) == 2
    assert await hot_state.signatures("s1", now=NOW + 541, **WINDOW) == 1
    assert await hot_state.signatures("s2", now=NOW, **WINDOW) == 0
    assert await hot_state.count_signature("s1", now=NOW + 541, **WINDOW) == 2


async def test_asking_for_signatures_notes_nothing(hot_state: HotState) -> None:
    for _ in range(3):
        await hot_state.signatures("s1", now=NOW, **WINDOW)
    assert await hot_state.count_signature("s1", now=NOW, **WINDOW) == 1


async def test_an_older_value_learns_when_a_newer_one_was_first_presented(hot_state: HotState) -> None:
    assert await hot_state.note_use("s1", 1, now=NOW, **KEEP) is None
    assert await hot_state.note_use("s1", 2, now=NOW + 5, **KEEP) is None
    assert await hot_state.note_use("s1", 2, now=NOW + 6, **KEEP) is None
    assert await hot_state.note_use("s1", 1, now=NOW + 7, **KEEP) == NOW + 5
    assert await hot_state.note_use("s1", 4, now=NOW + 8, **KEEP) is None
    assert await hot_state.note_use("s1", 3, now=NOW + 9, **KEEP) == NOW + 8
    assert await hot_state.note_use("s1", 1, now=NOW + 9, **KEEP) == NOW + 5
    assert await hot_state.note_use("s2", 1, now=NOW + 9, **KEEP) is None


async def test_a_value_in_steady_use_stays_known_as_first_used_when_it_was(hot_state: HotState) -> None:
    for at in range(0, 1_000, 100):
        assert await hot_state.note_use("s1", 2, now=NOW + at, **KEEP) is None
    assert await hot_state.note_use("s1", 1, now=NOW + 1_000, **KEEP) == NOW


uses = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 30)), max_size=40)


@given(uses)
async def test_note_use_agrees_with_its_definition(presented: list[tuple[int, int]]) -> None:
    hot_state, first_at, now = MemoryHotState(system_random), dict[int, float](), NOW
    for mint, pause in presented:
        now += pause
        first_at.setdefault(mint, now)
        expected = min((at for newer, at in first_at.items() if newer > mint), default=None)
        assert await hot_state.note_use("s1", mint, now=now, keep_seconds=10_000) == expected


steps = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 90), st.integers(-20, 40)), max_size=60)


@given(steps)
async def test_no_challenge_is_consumed_twice_however_the_clock_moves(moves: list[tuple[int, int, int]]) -> None:
    hot_state, consumed, now = MemoryHotState(system_random), set[bytes](), NOW
    lives: dict[bytes, float] = {}
    for number, life, step in moves:
        now += step
        challenge = b"%d" % number
        expires_at = lives.setdefault(challenge, now + life)
        done = await hot_state.consume(challenge, expires_at=expires_at, now=now)
        assert not (done and challenge in consumed)
        assert not (done and expires_at <= now)
        consumed |= {challenge} if done else set()
