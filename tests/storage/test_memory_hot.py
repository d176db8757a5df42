"""That the hot state in process forgets what is over, and nothing else."""

from __future__ import annotations

from boundgate.clock import system_random
from boundgate.dbsc import ValidChallenge
from boundgate.storage import MemoryHotState
from boundgate.storage.expiry import DUE_AT_ONCE, ExpiryQueue

NOW = 1_800_000_000.0


def a_challenge(hot: MemoryHotState, challenge_id: bytes, until: float) -> ValidChallenge:
    return ValidChallenge(challenge_id, until, until, hot.epoch)


async def test_used_challenges_are_forgotten_once_expired() -> None:
    hot = MemoryHotState(system_random)
    for number in range(20_000):
        await hot.consume(a_challenge(hot, b"%d" % number, NOW + number + 100), now=NOW + number)
    assert len(hot._consumed) == len(hot._consumed_until) == 100


async def test_sessions_are_forgotten_once_nothing_about_them_matters() -> None:
    hot = MemoryHotState(system_random)
    for number in range(20_000):
        await hot.note_use(f"s{number}", 1, now=NOW + number, keep_seconds=300)
    assert len(hot._activity) == len(hot._activity_until) == 300


async def test_one_busy_session_takes_bounded_memory() -> None:
    hot = MemoryHotState(system_random)
    for number in range(20_000):
        minted = await hot.prove(
            "s", challenge=None, at_least=1, known=None, now=NOW + number, window_seconds=540, keep_seconds=300
        )
        assert minted is not None
        await hot.note_use("s", minted.mint, now=NOW + number, keep_seconds=300)
    assert len(hot._activity["s"].uses) == 300
    assert len(hot._activity["s"].signed_at) == 540
    assert len(hot._activity_until) == 1


async def test_nothing_is_forgotten_before_its_time_whatever_the_number() -> None:
    hot = MemoryHotState(system_random)
    ids = [b"%d" % number for number in range(50_000)]
    assert all([await hot.consume(a_challenge(hot, challenge, NOW + 900), now=NOW) for challenge in ids])
    assert not any([await hot.consume(a_challenge(hot, challenge, NOW + 900), now=NOW + 899) for challenge in ids])


async def test_a_clock_set_back_leaves_uses_in_order() -> None:
    hot = MemoryHotState(system_random)
    await hot.note_use("s", 2, now=NOW, keep_seconds=300)
    await hot.note_use("s", 3, now=NOW - 50, keep_seconds=300)
    assert await hot.note_use("s", 1, now=NOW - 40, keep_seconds=300) == NOW - 50


def test_one_call_takes_out_a_few_due_entries_soonest_first() -> None:
    queue: ExpiryQueue[int] = ExpiryQueue()
    for number in reversed(range(2 * DUE_AT_ONCE)):
        queue.push(number, float(number))
    assert [key for key, _at in queue.pop_due(1e9)] == list(range(DUE_AT_ONCE))
    assert len(queue) == DUE_AT_ONCE
    assert list(queue.pop_due(0.0)) == []
