"""Measure and print. `python -m benchmarks [--rounds N] [--scale FACTOR]`

Everything runs in this process under uvloop, over a database of its own, with the settings that a server has by
default. Neither HTTP nor TLS is included, nor the batches that write proofs to the database later. Times are medians
over the rounds; a ratio is the median of the ratios within each round, which a busy machine disturbs less. Compare
figures of one run only.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import platform
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from time import perf_counter_ns
from typing import Any, cast

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks import admissions, parsing
from benchmarks.refresh import split
from benchmarks.timing import Group, Result, measure
from boundgate.clock import system_clock
from tests.support.site import Site, running_site


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What the costly steps cost.")
    parser.add_argument("--rounds", type=int, default=25, help="rounds of each case (default: 25)")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the calls in each round (default: 1)")
    options = parser.parse_args(arguments)
    with quiet(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        groups = [split.group, admissions.group, parsing.group]
        results = runner.run(measured(groups, options.rounds, options.scale))
    print_table(results, options.rounds)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No log lines between the figures; as before afterwards."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


async def measured(
    makers: Sequence[Callable[[Site], Awaitable[Group]]],
    rounds: int,
    scale: float,
    clock: Callable[[], int] = perf_counter_ns,
) -> list[list[Result]]:
    """Every case of the groups that these make over one site."""
    with tempfile.TemporaryDirectory() as directory:
        async with running_site(Path(directory) / "data", clock=cast("Any", system_clock)) as site:
            groups = [await make(site) for make in makers]
            return [await measure(group, rounds=rounds, scale=scale, clock=clock) for group in groups]


def print_table(results: Sequence[Sequence[Result]], rounds: int) -> None:
    """One table of all groups."""
    table = Table("case", title=_title(rounds), title_justify="left")
    for heading in ("median µs", "±", "per second", "ratio"):
        table.add_column(heading, justify="right")
    for group in results:
        for result in group:
            table.add_row(*_row(result))
        table.add_section()
    Console().print(table)


def _row(result: Result) -> tuple[str, ...]:
    return (
        result.name,
        f"{result.median_us:,.1f}",
        f"{result.spread:.0%}",
        f"{1_000_000 / result.median_us:,.0f}",
        f"{result.ratio:.2f}",
    )


def _title(rounds: int) -> str:
    return f"Python {platform.python_version()}, cryptography {version('cryptography')}, {rounds} rounds"


if __name__ == "__main__":
    main()
