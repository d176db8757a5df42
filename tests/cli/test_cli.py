"""What the command line teaches, and how it fails: one line, a hint, a status, no trace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import boundgate
from boundgate.cli import run
from boundgate.errors import Conflict


@pytest.fixture(autouse=True)
def _own_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def python(*arguments):
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(boundgate.__file__).parent.parent)}
    return subprocess.run([sys.executable, *arguments], check=False, capture_output=True, text=True, env=environment)


def test_help_teaches_with_examples(capfd):
    assert run(["--help"]) == 0
    shown = capfd.readouterr().out
    for example in ("boundgate serve", "boundgate users invite alice", "boundgate keys rotate", "boundgate settings"):
        assert example in shown


def test_no_command_shows_the_help_and_no_complaint(capfd):
    assert run([]) == 2
    shown = capfd.readouterr()
    assert "Examples" in shown.out + shown.err
    assert "boundgate: " not in shown.err


@pytest.mark.parametrize("command", ["serve", "settings", "users", "users invite", "keys rotate", "certificates show"])
def test_every_command_has_help(command, capfd):
    assert run([*command.split(), "--help"]) == 0
    assert "--data-dir" in capfd.readouterr().out or command == "users"


def test_help_loads_neither_the_framework_nor_the_database():
    code = (
        "import sys; from boundgate.cli import run; run(['--help']); run(['users', '--help']);"
        "sys.exit(', '.join(m for m in ('quart', 'sqlalchemy', 'hypercorn', 'aiohttp', 'cryptography')"
        " if m in sys.modules))"
    )
    done = python("-c", code)
    assert done.stderr.strip() == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serv"], "No such command 'serv'"),
        (["serve", "--prot", "1"], "No such option: --prot"),
        (["serve", "--port", "x"], "Invalid value for '--port'"),
        (["users", "invite"], "NAME"),
    ],
)
def test_wrong_use_is_one_line_a_hint_and_status_two(arguments, said, capfd):
    assert run(arguments) == 2
    lines = capfd.readouterr().err.splitlines()
    assert lines[0].startswith("boundgate: ")
    assert said in lines[0]
    assert len(lines) == 2
    assert lines[1].endswith("--help` shows how it is used.")


def test_settings_that_cannot_work_are_told_one_by_one_with_status_one(capfd):
    assert run(["serve", "--host", "0.0.0.0"]) == 1
    lines = capfd.readouterr().err.splitlines()
    assert "a development certificate must not be" in lines[0]
    assert len(lines) == 2


def test_a_missing_settings_file_is_told(capfd):
    assert run(["settings", "--config", "nowhere.toml"]) == 1
    assert "no settings file at nowhere.toml" in capfd.readouterr().err


def test_a_declared_error_shows_its_public_sentence_only(monkeypatch, capfd):
    def fail(*_args, **_options):
        raise Conflict("That cannot be. Do this.")

    monkeypatch.setattr("boundgate.cli.certificates.settings_from", fail)
    assert run(["certificates", "show"]) == 1
    assert capfd.readouterr().err == "boundgate: That cannot be. Do this.\n"


def test_a_defect_is_named_without_a_trace_or_its_message(monkeypatch, capfd):
    def fail(*_args, **_options):
        raise KeyError("held-secret")

    monkeypatch.setattr("boundgate.cli.certificates.settings_from", fail)
    assert run(["certificates", "show"]) == 1
    shown = capfd.readouterr().err
    assert shown.startswith("boundgate: unexpected KeyError in boundgate.cli.certificates, line ")
    assert "Traceback" not in shown
    assert "held-secret" not in shown


def test_an_interruption_is_status_130_without_a_word(monkeypatch, capfd):
    def interrupt(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("boundgate.cli.certificates.settings_from", interrupt)
    assert run(["certificates", "show"]) == 130
    assert capfd.readouterr().err == ""


def test_a_directory_that_cannot_be_made_is_told(tmp_path, capfd):
    (tmp_path / "file").write_text("")
    assert run(["certificates", "show", "--data-dir", "file/inner"]) == 1
    assert "file/inner" in capfd.readouterr().err


def test_python_dash_m_boundgate_is_the_same_program():
    done = python("-m", "boundgate", "--version")
    assert done.stdout.startswith("boundgate 0.")
