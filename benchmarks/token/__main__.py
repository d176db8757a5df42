"""Measure a call's credential. `python -m benchmarks.token [--rounds N] [--scale FACTOR]`

Everything between the two header fields of a call and its admission, in this process: the token, the family's record,
the proof, its use noted in the memory of used proofs, the next nonce. Neither HTTP nor TLS is included.
Each proof is fresh, and signing it is not timed. Times are of the processor. The ratio is to one bare verification in
the same round. Targets: at most 3.0 where the token's signature is verified as well, 1.6 where it was verified before.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from time import process_time_ns

import uvloop

from benchmarks.__main__ import measured, print_table, quiet
from benchmarks.token.cases import group


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.token", description="What a call with a token costs.")
    parser.add_argument("--rounds", type=int, default=25, help="rounds of each case (default: 25)")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the calls in each round (default: 1)")
    options = parser.parse_args(arguments)
    with quiet(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        results = runner.run(measured([group], options.rounds, options.scale, process_time_ns))
    print_table(results, options.rounds)


if __name__ == "__main__":
    main()
