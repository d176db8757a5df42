"""Cases, and how they are timed: in turns, so that a busy moment of the machine falls on all of them alike."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

Prepare = Callable[[int], Awaitable[Sequence[Any]]]
"""Makes the arguments of that many calls. Not timed."""


async def nothing(calls: int) -> Sequence[Any]:
    """For cases that take no argument."""
    return [None] * calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to measure. Of `call` and `wait` exactly one is given: a function, or a coroutine function."""

    name: str
    calls: int
    """Calls per round; enough that a round takes some milliseconds."""
    call: Callable[[Any], object] | None = None
    wait: Callable[[Any], Awaitable[object]] | None = None
    prepare: Prepare = nothing


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that are compared with the first of them."""

    title: str
    cases: Sequence[Case]


@dataclass(frozen=True, slots=True)
class Result:
    """One case over all rounds."""

    name: str
    median_us: float
    spread: float
    """Half of the distance between the quartiles, as a part of the median."""
    ratio: float
    """Median over the rounds of this case's time by the first case's time in the same round."""


async def measure(
    group: Group, *, rounds: int, scale: float, clock: Callable[[], int] = perf_counter_ns
) -> list[Result]:
    """Time every case of a group in every round.

    Args:
        rounds: how many; one more is run first and thrown away.
        scale: factor on each case's `calls`.
        clock: in nanoseconds; that of the processor (`process_time_ns`) does not count what others do meanwhile.
    """
    gc.collect()
    gc.freeze()
    times: dict[str, list[float]] = {case.name: [] for case in group.cases}
    for number in range(rounds + 1):
        for case in group.cases:
            taken = await _one_round(case, max(1, round(case.calls * scale)), clock)
            if number:
                times[case.name].append(taken)
    first = times[group.cases[0].name]
    return [_result(case.name, times[case.name], first) for case in group.cases]


async def _one_round(case: Case, calls: int, clock: Callable[[], int]) -> float:
    """Microseconds per call."""
    arguments = await case.prepare(calls)
    gc.collect()
    if case.call is not None:
        call = case.call
        started = clock()
        for argument in arguments:
            call(argument)
    else:
        assert case.wait is not None
        wait = case.wait
        started = clock()
        for argument in arguments:
            await wait(argument)
    return (clock() - started) / calls / 1000


def _result(name: str, times: list[float], first: list[float]) -> Result:
    median = statistics.median(times)
    low, _, high = statistics.quantiles(times, n=4) if len(times) > 1 else (median, median, median)
    ratios = (mine / theirs for mine, theirs in zip(times, first, strict=True))
    return Result(name, median, (high - low) / 2 / median, statistics.median(ratios))
