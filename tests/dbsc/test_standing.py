"""What a bound cookie value is worth, told apart from every other value of the same session."""

from __future__ import annotations

from typing import Any

from boundgate.clock import system_random
from boundgate.dbsc import BoundValue, KnownMint, Standing, standing_of
from boundgate.storage import MemoryHotState

NOW, HOME, AWAY = 1_800_000_000.0, b"\x04home", b"\x04away"
NOTHING = KnownMint(0, 0.0)


def value(mint: int = 5, *, age: float = 0.0, prefix: bytes = HOME) -> BoundValue:
    return BoundValue("s", mint, NOW - age, prefix)


async def judge(ledger: MemoryHotState, presented: BoundValue, **facts: Any) -> Standing:
    known = {"expected_prefix": HOME, "known": NOTHING, "now": NOW, "life_seconds": 300.0, "grace_seconds": 10.0}
    return await standing_of(presented, ledger=ledger, **known | facts)


async def test_a_fresh_value_from_its_own_network_is_good() -> None:
    ledger = MemoryHotState(system_random)
    assert await judge(ledger, value()) is Standing.GOOD
    assert await judge(ledger, value(age=300)) is Standing.GOOD
    assert await judge(ledger, value(age=300.1)) is Standing.EXPIRED


async def test_a_value_is_good_from_its_own_network_only_and_elsewhere_its_use_is_not_noted() -> None:
    ledger = MemoryHotState(system_random)
    assert await judge(ledger, value(9), expected_prefix=AWAY) is Standing.ELSEWHERE
    assert await judge(ledger, value(8), now=NOW + 60) is Standing.GOOD, "a thief elsewhere supersedes nothing"


async def test_an_older_value_lives_for_the_grace_after_the_newer_one_was_first_used() -> None:
    ledger = MemoryHotState(system_random)
    assert await judge(ledger, value(6)) is Standing.GOOD
    assert await judge(ledger, value(5), now=NOW + 10) is Standing.GOOD
    assert await judge(ledger, value(5), now=NOW + 10.1) is Standing.SUPERSEDED
    assert await judge(ledger, value(6), now=NOW + 10.1) is Standing.GOOD


async def test_after_the_ledger_started_empty_the_record_s_newest_value_counts() -> None:
    ledger = MemoryHotState(system_random)
    known = KnownMint(6, NOW - 60)
    assert await judge(ledger, value(5), known=known) is Standing.SUPERSEDED
    assert await judge(ledger, value(6), known=known) is Standing.GOOD
    fresh = MemoryHotState(system_random)
    assert await judge(fresh, value(5), known=KnownMint(6, NOW - 9)) is Standing.GOOD, "within the grace"


async def test_a_mint_that_the_ledger_knows_stands_above_the_record() -> None:
    ledger = MemoryHotState(system_random)
    await ledger.prove("s", challenge=None, at_least=6, known=None, now=NOW, window_seconds=540, keep_seconds=300)
    assert await judge(ledger, value(5), known=KnownMint(6, NOW - 60)) is Standing.GOOD, "nobody has used the newer one"
