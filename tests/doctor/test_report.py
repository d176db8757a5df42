"""The report for people."""

from __future__ import annotations

from dataclasses import replace

from boundgate.doctor.judging import judge
from boundgate.doctor.report import show_report
from tests.doctor.builders import attempt, evidence


def shown(report, capsys):
    show_report(report, terminal=False)
    return capsys.readouterr().out


def test_all_is_well_is_said_in_one_line(capsys):
    out = shown(judge(evidence()), capsys)
    assert out.rstrip().endswith("Registration and refresh work; there is nothing to repair.")
    assert "Do this" not in out
    assert "\x1b" not in out


def test_what_is_wrong_is_marked_and_followed_by_what_to_do(capsys):
    out = shown(judge(evidence(creation={"fetchResult": "MissingScope"}, session=None, attempts=[])), capsys)
    assert "NO registration   MissingScope" in out
    assert "Do this:" in out
    assert "-- refresh" in out
    assert "does not bind sessions" in out


def test_advice_is_not_called_a_failure(capsys):
    out = shown(judge(evidence(attempts=[attempt("v1", "v1"), attempt("v1", "v1")])), capsys)
    assert "Registration and refresh work. What is marked NO" in out


def test_a_server_cannot_speak_to_the_terminal(capsys):
    report = judge(evidence())
    hostile = [replace(step, explanation="x\x1b[2Jy\x07 [red]z[/red]") for step in report.steps]
    out = shown(replace(report, steps=hostile), capsys)
    assert not {"\x1b", "\x07"} & set(out)
    assert "[red]z[/red]" in out
