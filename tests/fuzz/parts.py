"""A run in parts, each with inputs of its own from the seed and its number, shared out to processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from tests.fuzz.endpoints import endpoint_target, running_endpoints
from tests.fuzz.targets import PARSERS
from tests.fuzz.trials import Findings, Trials, undisturbed

PART_INPUTS = 10_000
HYPOTHESIS_SHARE = 0.03


def parts(inputs: int, *, seed: str, jobs: int, found: Path) -> Iterator[Findings]:
    """The run in parts, as they come in."""
    count = max(1, -(-inputs // PART_INPUTS))
    each = -(-inputs // count)
    work = partial(run_part, inputs=each, seed=seed, found=found)
    if jobs == 1:
        yield from map(work, range(count))
        return
    # Not forked: a process with threads, as one with SQLite is, must not be.
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(work, number) for number in range(count)]):
            yield done.result()


def run_part(number: int, *, inputs: int, seed: str, found: Path) -> Findings:
    """One part: a few of hypothesis's inputs for every target, the rest shaped."""
    trials = Trials(found)
    with running_endpoints() as endpoints, undisturbed():
        targets = (*PARSERS, endpoint_target(endpoints))
        of_each = max(1, round(inputs * HYPOTHESIS_SHARE / len(targets)))
        trials.warm_up(targets, seed=seed)
        trials.hypothetical(targets, count=of_each, seed=f"{seed}/{number}")
        trials.shaped(targets, count=max(0, inputs - trials.findings.inputs), seed=f"{seed}/{number}")
        endpoints.assert_owner_is_unharmed()
    return trials.findings
