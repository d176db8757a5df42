"""A short run of `make fuzz`, always of the same inputs; and proof that it would find what it looks for."""

from __future__ import annotations

import time
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.fuzz.__main__ import main, replay, summary
from tests.fuzz.parts import parts
from tests.fuzz.targets import PARSERS, Target
from tests.fuzz.trials import Findings, Trials, read_reproducer

INPUTS = 30_000


@pytest.mark.timeout(600)
def test_no_input_raises_what_is_not_declared_or_takes_long(tmp_path: Path) -> None:
    findings = Findings()
    for part in parts(INPUTS, seed="the suite", jobs=1, found=tmp_path):
        findings.add(part)
    assert findings.problems == []
    assert findings.inputs >= INPUTS
    assert findings.slowest.keys() == {target.name for target in PARSERS} | {"the application"}
    assert str(INPUTS // 1000) in next(summary(findings, 1.0))


def busy(_: object) -> None:
    until = time.process_time() + 0.006
    while time.process_time() < until:
        pass


def fails(_: object) -> None:
    raise KeyError("undeclared")


@pytest.mark.parametrize(("run", "said"), [(busy, "slow: 6."), (fails, "KeyError: 'undeclared'")])
def test_what_is_found_is_written_down_once_and_can_be_read_back(tmp_path: Path, run, said: str) -> None:
    trials = Trials(tmp_path / "found")
    target = Target("a parser", run, lambda shaper: shaper.text(["a"]), st.text())
    for value in ["é\ud800\n", "b", "c"]:
        trials.attempt(target, value)
    (found,) = (tmp_path / "found").iterdir()
    assert read_reproducer(found) == ("a parser", "é\ud800\n")
    (problem,) = trials.findings.problems
    assert problem.startswith(f"a parser: {said}")


def test_the_command_reports_and_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--inputs", "200", "--jobs", "1", "--found", str(tmp_path)]) == 0
    assert "0 problems" in capsys.readouterr().out
    reproducer = tmp_path / "reproducer.txt"
    reproducer.write_text("target: read_session_id\n'not one'\n")
    assert replay(reproducer) == 0
    assert "refused as declared" in capsys.readouterr().out
    reproducer.write_text("target: read_session_id\n7\n")
    assert main(["--replay", str(reproducer)]) == 1
    assert "TypeError" in capsys.readouterr().err


def test_a_seed_gives_the_same_inputs(tmp_path: Path) -> None:
    def inputs(seed: str) -> list[str]:
        seen: list[object] = []
        target = Target("a parser", seen.append, lambda shaper: shaper.json_value([{"a": [1, "b"]}]), st.text())
        trials = Trials(tmp_path)
        trials.hypothetical((target,), count=20, seed=seed)
        trials.shaped((target,), count=20, seed=seed)
        # An input that seems slow on a busy machine is tried again before it is called so.
        return [one for one, _ in groupby(map(repr, seen))]

    assert repr(inputs("one")) == repr(inputs("one")) != repr(inputs("two"))
