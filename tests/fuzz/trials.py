"""One input against one target: did it raise what it must not, or take too long? What did is written down."""

from __future__ import annotations

import ast
import contextlib
import gc
import hashlib
import logging
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from tests.fuzz.shaping import Shaper
from tests.fuzz.targets import Target

REPEATS = 3
WARM_UP = 20


@dataclass(slots=True)
class Findings:
    """What some inputs have shown. Plain values, so that it travels between processes."""

    inputs: int = 0
    slowest: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Seconds of processor time, and the length of that input's `repr`, by target."""
    problems: list[str] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        """Take over what another part of the run has found."""
        self.inputs += other.inputs
        self.problems += other.problems
        for name, worst in other.slowest.items():
            self.slowest[name] = max(worst, self.slowest.get(name, (0.0, 0)))


class Trials:
    """Runs inputs and keeps what they show.

    Args:
        directory: where reproducers go; it is made when the first one comes.
    """

    def __init__(self, directory: Path) -> None:
        self.findings, self._directory = Findings(), directory
        self._seen: set[str] = set()

    def warm_up(self, targets: tuple[Target, ...], *, seed: str) -> None:
        """Have everything loaded and compiled that is, once in a process: that is no input's time."""
        shaper = Shaper(Random(seed))
        for target in targets:
            for _ in range(WARM_UP):
                _error_of(target, target.make(shaper))

    def shaped(self, targets: tuple[Target, ...], *, count: int, seed: str) -> None:
        """So many structure-aware inputs, spread over the targets by their shares."""
        random = Random(seed)
        shaper = Shaper(random)
        for target in random.choices(targets, weights=[target.share for target in targets], k=count):
            self.attempt(target, target.make(shaper))

    def hypothetical(self, targets: tuple[Target, ...], *, count: int, seed: str) -> None:
        """So many inputs of hypothesis's for each target."""
        profile = settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8])
        for target in targets:
            seeded(number)(profile(given(target.strategy)(self._attempt_on(target))))()

    def _attempt_on(self, target: Target) -> Callable[[Any], None]:
        def attempt(value: Any) -> None:
            self.attempt(target, value)

        return attempt

    def attempt(self, target: Target, value: Any) -> None:
        """One input. The time that counts is the processor's, and the shortest of several: machines are busy."""
        self.findings.inputs += 1
        started = time.process_time()
        error = _error_of(target, value)
        seconds = time.process_time() - started
        if error is not None:
            self._write_down(target, value, error)
        if seconds <= self.findings.slowest.get(target.name, (0.0, 0))[0]:
            return
        seconds = min(seconds, *(_time_of(target, value) for _ in range(REPEATS)))
        worst = self.findings.slowest.get(target.name, (0.0, 0))
        self.findings.slowest[target.name] = max(worst, (seconds, len(repr(value))))
        if seconds > target.limit_seconds:
            self._write_down(target, value, f"slow: {seconds * 1000:.1f} ms of processor time")

    def _write_down(self, target: Target, value: Any, problem: str) -> None:
        # One reproducer of a kind: where it was raised, or that it was slow.
        kind = "slow" if problem.startswith("slow") else problem[-300:]
        if (target.name + kind) in self._seen:
            return
        self._seen.add(target.name + kind)
        self._directory.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(repr((target.name, value)).encode("utf-8", "backslashreplace")).hexdigest()[:12]
        path = self._directory / f"{target.name.replace(' ', '-')}-{digest}.txt"
        lines = [f"target: {target.name}", ascii(value), problem]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")
        self.findings.problems.append(f"{target.name}: {problem.splitlines()[-1][:200]} ({path})")


def read_reproducer(path: Path) -> tuple[str, Any]:
    """The target's name and the input of a file that `Trials` wrote."""
    name, value = path.read_text(encoding="utf-8").splitlines()[:2]
    return name.removeprefix("target: "), ast.literal_eval(value)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """No log lines, and nothing that exists already is looked at by the garbage collector."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        logging.disable(before)


def _error_of(target: Target, value: Any) -> str | None:
    try:
        target.run(value)
    except target.allowed:
        return None
    except Exception:
        return traceback.format_exc()
    return None


def _time_of(target: Target, value: Any) -> float:
    started = time.process_time()
    _error_of(target, value)
    return time.process_time() - started
