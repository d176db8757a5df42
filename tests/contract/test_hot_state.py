"""What `boundgate.sessions.ports.HotState` promises."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from boundgate.clock import system_random
from boundgate.dbsc import KnownMint, ValidChallenge
from boundgate.sessions.ports import HotState
from boundgate.storage import MemoryHotState
from tests.contract.builders import NOW

KEEP = {"keep_seconds": 300.0}
WINDOW = {"window_seconds": 540.0}


def a_challenge(hot_state: HotState, challenge_id: bytes, until: float) -> ValidChallenge:
    return ValidChallenge(challenge_id, until, until, hot_state.epoch)


async def prove(
    hot_state: HotState,
    session_id: str = "s1",
    *,
    at_least: int = 1,
    now: float = NOW,
    challenge: ValidChallenge | None = None,
    known: KnownMint | None = None,
) -> tuple[int, int] | None:
    """(mint, signatures), or None."""
    minted = await hot_state.prove(
        session_id, challenge=challenge, at_least=at_least, known=known, now=now, **WINDOW, **KEEP
    )
    return None if minted is None else (minted.mint, minted.signatures)


def test_every_start_has_its_own_epoch(hot_state: HotState) -> None:
    assert hot_state.epoch == hot_state.epoch
    assert len(hot_state.epoch) >= 16
    assert MemoryHotState(system_random).epoch != hot_state.epoch


async def test_of_many_callers_one_consumes_a_challenge(hot_state: HotState) -> None:
    done = await asyncio.gather(
        *(hot_state.consume(a_challenge(hot_state, b"c", NOW + 900), now=NOW) for _ in range(50))
    )
    assert done.count(True) == 1


async def test_a_challenge_is_consumed_once_to_the_end_of_its_life_and_not_after(hot_state: HotState) -> None:
    assert await hot_state.consume(a_challenge(hot_state, b"c", NOW + 900), now=NOW)
    assert not await hot_state.consume(a_challenge(hot_state, b"c", NOW + 900), now=NOW + 899.9)
    assert await hot_state.consume(a_challenge(hot_state, b"other", NOW + 900), now=NOW + 899.9)
    assert not await hot_state.consume(a_challenge(hot_state, b"c", NOW + 900), now=NOW + 900)
    assert not await hot_state.consume(a_challenge(hot_state, b"never used", NOW + 900), now=NOW + 900)


async def test_a_clock_that_is_set_back_revives_no_used_challenge(hot_state: HotState) -> None:
    assert await hot_state.consume(a_challenge(hot_state, b"c", NOW + 900), now=NOW)
    await hot_state.consume(a_challenge(hot_state, b"d", NOW + 90_000), now=NOW + 86_400)
    assert not await hot_state.consume(a_challenge(hot_state, b"c", NOW + 900), now=NOW + 1)
    assert await hot_state.consume(a_challenge(hot_state, b"e", NOW + 901), now=NOW + 1)


async def test_a_challenge_of_another_epoch_is_never_accepted(hot_state: HotState) -> None:
    other = ValidChallenge(b"c", NOW + 900, NOW + 905, b"\x00" * 16)
    assert not await hot_state.consume(other, now=NOW)
    assert await prove(hot_state, challenge=other) is None
    assert await hot_state.signatures("s1", now=NOW, **WINDOW) == 0


async def test_of_many_proofs_over_one_challenge_one_is_accepted_and_the_others_change_nothing(
    hot_state: HotState,
) -> None:
    challenge = a_challenge(hot_state, b"c", NOW + 900)
    done = await asyncio.gather(*(prove(hot_state, challenge=challenge) for _ in range(50)))
    assert [found for found in done if found is not None] == [(1, 1)]
    assert await hot_state.signatures("s1", now=NOW, **WINDOW) == 1
    assert not await hot_state.consume(challenge, now=NOW)
    assert await prove(hot_state) == (2, 2)


async def test_a_challenge_that_was_consumed_proves_nothing(hot_state: HotState) -> None:
    challenge = a_challenge(hot_state, b"c", NOW + 900)
    assert await hot_state.consume(challenge, now=NOW)
    assert await prove(hot_state, challenge=challenge) is None
    assert await hot_state.newest_mint_at("s1") is None


async def test_mint_numbers_grow_from_what_is_asked_for(hot_state: HotState) -> None:
    asked = [5, 1, 6, 20]
    given_out = [await prove(hot_state, at_least=at_least) for at_least in asked]
    assert [found[0] for found in given_out if found] == [5, 6, 7, 20]
    assert await prove(hot_state, "s2") == (1, 1)


async def test_mint_numbers_are_whole_also_where_they_are_milliseconds(hot_state: HotState) -> None:
    first = round(NOW * 1000)
    assert await prove(hot_state, at_least=first) == (first, 1)
    assert await prove(hot_state, at_least=first) == (first + 1, 2)


async def test_mint_numbers_are_given_out_once_also_at_once_and_days_later(hot_state: HotState) -> None:
    given_out = await asyncio.gather(*(prove(hot_state) for _ in range(50)))
    assert sorted(found[0] for found in given_out if found) == list(range(1, 51))
    for day in range(1, 8):
        await hot_state.note_use(f"other {day}", 1, now=NOW + 86_400 * day, **KEEP)
    assert await prove(hot_state, now=NOW + 86_400 * 7) == (51, 1)


async def test_the_newest_mint_s_time_is_known_in_this_epoch(hot_state: HotState) -> None:
    assert await hot_state.newest_mint_at("s1") is None
    await hot_state.note_use("s1", 1, now=NOW, **KEEP)
    assert await hot_state.newest_mint_at("s1") is None
    await prove(hot_state, now=NOW)
    await prove(hot_state, now=NOW + 7)
    assert await hot_state.newest_mint_at("s1") == NOW + 7


async def test_what_the_record_knows_counts_as_used_only_where_nothing_is_remembered(hot_state: HotState) -> None:
    await prove(hot_state, at_least=8, now=NOW, known=KnownMint(7, NOW - 60))
    assert await hot_state.note_use("s1", 6, now=NOW, **KEEP) == NOW - 60, "an older value is not good again"
    assert await hot_state.note_use("s1", 7, now=NOW, **KEEP) is None, "the newest is, until the new one is used"
    await prove(hot_state, at_least=9, now=NOW + 1, known=KnownMint(50, NOW - 30))
    assert await hot_state.note_use("s1", 7, now=NOW + 2, **KEEP) is None


async def test_signatures_within_the_window_are_counted_this_one_included(hot_state: HotState) -> None:
    assert await hot_state.signatures("s1", now=NOW, **WINDOW) == 0
    found = [await prove(hot_state, now=NOW + at) for at in (0, 1, 539.9)]
    assert [proved[1] for proved in found if proved] == [1, 2, 3]
    assert await hot_state.signatures("s1", now=NOW + 539.9, **WINDOW) == 3
    assert await hot_state.signatures("s1", now=NOW + 540, **WINDOW) == 2
    assert await hot_state.signatures("s1", now=NOW + 541, **WINDOW) == 1
    assert await hot_state.signatures("s2", now=NOW, **WINDOW) == 0
    assert await prove(hot_state, now=NOW + 541) == (4, 2)


async def test_asking_for_signatures_notes_nothing(hot_state: HotState) -> None:
    for _ in range(3):
        await hot_state.signatures("s1", now=NOW, **WINDOW)
    assert await prove(hot_state) == (1, 1)


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
        done = await hot_state.consume(a_challenge(hot_state, challenge, expires_at), now=now)
        assert not (done and challenge in consumed)
        assert not (done and expires_at <= now)
        consumed |= {challenge} if done else set()
