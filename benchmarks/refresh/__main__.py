"""Measure a refresh. `python -m benchmarks.refresh [--rounds N] [--refreshes N]`

First in this process, step by step; then over HTTP/1.1 without TLS, sixteen sessions at once, with clients that sign
live in a process of their own. Server CPU is what the operating system booked on the server's process. The floor is an
application that verifies the signature and answers. Compare figures of one run only.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.__main__ import measured, print_table, quiet
from benchmarks.refresh.over_http import Served, bare_verification_us, measure_over_http
from benchmarks.refresh.split import group


def main(arguments: Sequence[str] | None = None) -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.refresh", description="What a refresh costs.")
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each case (default: 15)")
    parser.add_argument("--refreshes", type=int, default=100, help="of each session in a round (default: 100)")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the calls in process (default: 1)")
    options = parser.parse_args(arguments)
    with quiet(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        steps = runner.run(measured([group], options.rounds, options.scale))
        served = runner.run(measure_over_http(rounds=options.rounds, refreshes=options.refreshes))
    print_table(steps, options.rounds)
    Console().print(_table(served))


def _table(served: Sequence[Served]) -> Table:
    title = f"over HTTP; a bare verification takes {bare_verification_us():.0f} µs here, scaled to 70 µs"
    table = Table("server", "application", title=title, title_justify="left")
    for heading in ("CPU µs", "scaled µs", "per second"):
        table.add_column(heading, justify="right")
    for one in served:
        row = (f"{one.cpu_us:,.0f}", f"{one.scaled_us:,.0f}", f"{one.per_second:,.0f}")
        table.add_row(one.server, one.application, *row)
    return table


if __name__ == "__main__":
    main()
