"""Attack every parser. `python -m tests.fuzz [--inputs N] [--seconds N] [--seed TEXT] [--jobs N] [--replay FILE]`

The same seed gives the same inputs, however many processors take part. Exit status 1 where something was found; each
finding is a file that `--replay` runs again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.fuzz.endpoints import REQUEST_SECONDS, endpoint_target, running_endpoints
from tests.fuzz.parts import parts
from tests.fuzz.targets import LIMIT_SECONDS, PARSERS
from tests.fuzz.trials import Findings, read_reproducer

FOUND = Path("test-results") / "fuzz"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print a summary, return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Attack every parser.")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="how many (default: a million)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="start no new part after that long")
    parser.add_argument("--seed", default="boundgate", help="any text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one per processor)")
    parser.add_argument("--found", type=Path, default=FOUND, help=f"where reproducers go (default: {FOUND})")
    parser.add_argument("--replay", type=Path, help="run one reproducer again instead")
    options = parser.parse_args(arguments)
    if options.replay:
        return replay(options.replay)
    started, findings = time.monotonic(), Findings()
    for part in parts(options.inputs, seed=options.seed, jobs=options.jobs, found=options.found):
        findings.add(part)
        seconds = time.monotonic() - started
        done = f"{findings.inputs:,} inputs, {findings.inputs / seconds:,.0f}/s, {len(findings.problems)} problems"
        print(done, end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)
        if seconds > options.seconds:
            break
    print(*summary(findings, time.monotonic() - started), sep="\n")
    return 1 if findings.problems else 0


def summary(findings: Findings, seconds: float) -> Iterator[str]:
    """One line on the whole, one for each target, one for each problem."""
    rate = findings.inputs / seconds
    yield f"{findings.inputs:,} inputs in {seconds:,.0f} s ({rate:,.0f}/s), {len(findings.problems)} problems"
    limits = f"limit {LIMIT_SECONDS * 1000:g}, of whole requests {REQUEST_SECONDS * 1000:g}"
    yield f"slowest input of each target, in ms of processor time ({limits}), and its length:"
    for name, (worst, length) in sorted(findings.slowest.items(), key=lambda item: -item[1][0]):
        yield f"  {worst * 1000:6.2f}  {length:7,}  {name}"
    yield from findings.problems


def replay(path: Path) -> int:
    """Run one reproducer, with its exception in the open."""
    name, value = read_reproducer(path)
    with running_endpoints() as endpoints:
        (target,) = [each for each in (*PARSERS, endpoint_target(endpoints)) if each.name == name]
        started = time.process_time()
        try:
            target.run(value)
        except target.allowed as error:
            print(f"refused as declared: {error!r}")
        except Exception:
            traceback.print_exc()
            return 1
        milliseconds = (time.process_time() - started) * 1000
    print(f"{milliseconds:.2f} ms of processor time, the first run of its kind")
    return 0


if __name__ == "__main__":
    sys.exit(main())
