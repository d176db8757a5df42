"""The guide is true: its programs run as they are printed, and it names every command, option and variable."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from demo_client.__main__ import app
from demo_client.keys import KeyKind
from demo_client.store import Store
from tests.demo_client.conftest import logged_in

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "clients.md").read_text()
README = (ROOT / "README.md").read_text()
PROGRAMS = re.findall(r"^```python\n(.+?)^```", GUIDE + README, re.MULTILINE | re.DOTALL)
PROGRAMS = [program for program in PROGRAMS if "demo_client" in program]
STORED = [program for program in PROGRAMS if "Session.open()" in program]
VISIT = """
import sys
import httpx
page = httpx.get(sys.argv[1], follow_redirects=True)
assert page.status_code == 200, page
"""


def run(program, *words, **environment):
    """As whoever has copied it into a file would."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "server")])
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        env=os.environ | {"PYTHONPATH": path, "BOUNDGATE_CLIENT_TCTI": "device:/dev/there-is-none"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_there_are_programs_for_httpx_openai_and_asyncio_in_the_guide_and_the_readme():
    for module in ("import httpx", "from openai import", "import asyncio"):
        assert any(module in program for program in STORED)
    assert "from openai import" in README


@pytest.mark.parametrize("program", STORED, ids=range(len(STORED)))
def test_every_program_that_uses_a_login_runs_as_it_is_printed(program, served, store):
    logged_in(served, store, at=True)
    served.models = ("gpt-5.2-mini",)
    done = run(program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in {"user: Hello", "[200, 200, 200]"}
    assert done.stderr == ""
    assert set(served.seen_authorization) == {"DPoP"}


def test_the_program_that_logs_in_runs_as_it_is_printed(served, tmp_path, state_dir):
    (program,) = [program for program in PROGRAMS if "log_in(" in program]
    (tmp_path / "visit.py").write_text(VISIT)
    browser = f"{sys.executable} {tmp_path / 'visit.py'} %s &"
    done = run(program, served.origin, "demo", str(tmp_path / "place"), BROWSER=browser)
    assert done.returncode == 0, done.stderr
    assert "may: openid models chat offline_access" in done.stdout
    assert Store(tmp_path / "place").login() is not None


def test_every_program_is_strictly_typed(tmp_path):
    for number, program in enumerate(PROGRAMS):
        (tmp_path / f"program_{number}.py").write_text(program)
    files = sorted(path.name for path in tmp_path.glob("*.py"))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path / 'cache'}", *files],
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": os.pathsep.join([str(ROOT), str(ROOT / "server")])},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_and_kind_of_key_stands_in_the_guide():
    group = typer.main.get_command(app)
    names = [name for name in group.commands if name != "key"]
    names += [f"key {name}" for name in group.commands["key"].commands]
    assert [name for name in names if f"| `{name}` |" not in GUIDE] == []
    assert [kind for kind in KeyKind if f"| `{kind}` |" not in GUIDE] == []


def test_every_variable_stands_in_the_guide_and_no_other():
    sources = "".join(path.read_text() for path in (ROOT / "demo_client").rglob("*.py"))
    used = set(re.findall(r"BOUNDGATE_CLIENT_[A-Z0-9_]+\b(?<!_)", sources))
    used |= {f"BOUNDGATE_CLIENT_PKCS11_{name}" for name in ("MODULE", "TOKEN", "PIN")}
    assert set(re.findall(r"\| `(BOUNDGATE_CLIENT_[A-Z0-9_]+)` \|", GUIDE)) == used


def test_every_file_that_the_guide_names_exists():
    named = set(re.findall(r"`([a-z_]+\.py)`", GUIDE))
    assert {name for name in named if not (ROOT / "demo_client" / name).exists()} == set()
