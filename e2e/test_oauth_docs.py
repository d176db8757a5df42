"""The clients of docs/oauth.md, run as they are printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.support.node import NodeClient
from e2e.support.person import Person
from e2e.support.programs import allow
from e2e.support.server import ROOT, Server

GUIDE = (ROOT / "docs" / "oauth.md").read_text()


def printed(language: str, after: str) -> str:
    """The first block in a language after a heading."""
    found = re.search(rf"```{language}\n(.+?)```", GUIDE.partition(f"## {after}\n")[2], re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A folder in which a script finds the packages that are installed here."""
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path


@pytest.fixture
def python(server: Server, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts Python programs that trust the shared server's certificate."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: str) -> subprocess.Popen[str]:
        (tmp_path / "program.py").write_text(program)
        started.append(
            subprocess.Popen(
                [sys.executable, tmp_path / "program.py", *arguments],
                env=os.environ | {"SSL_CERT_FILE": str(server.data_dir / "tls" / "ca.pem")},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def after(prefix: str, line: str) -> str:
    assert line.startswith(prefix), line
    return line.removeprefix(prefix).strip()


def test_the_javascript_client(
    owner: Person, server: Server, client_id: str, node: Callable[..., NodeClient], modules: Path
) -> None:
    (modules / "program.mjs").write_text(printed("js", "Quick start in JavaScript"))
    program = node(modules / "program.mjs", server.origin, client_id)
    link, key = after("Open ", program.line()), after("The page shows this key: ", program.line())
    allow(owner, {"open": link, "key": key})
    assert "nonce" in program.line()
    program.end()
    assert server.recorded("oauth.revoke")[-1] == "ok"


def test_the_python_client(
    owner: Person, server: Server, client_id: str, python: Callable[..., subprocess.Popen[str]]
) -> None:
    program = python(printed("python", "Quick start in Python"), server.origin, client_id)
    assert program.stdout is not None
    link = after("Open ", program.stdout.readline())
    key = after("The page shows this key: ", program.stdout.readline())
    allow(owner, {"open": link, "key": key})
    said, complaints = program.communicate(timeout=30)
    assert (program.returncode, complaints) == (0, "")
    assert "nonce" in said
    assert server.recorded("oauth.revoke")[-1] == "ok"


def test_the_service(server: Server, node: Callable[..., NodeClient], modules: Path) -> None:
    made = re.search(r"```sh\n(python - .+?)```", GUIDE, re.DOTALL)
    assert made is not None
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", "-euc", made[1]], cwd=modules, env=os.environ | {"PATH": path}, check=True)
    service = server.command("clients", "add", "Nightly", "--jwks", str(modules / "service.jwks.json")).strip()
    (modules / "service.mjs").write_text(printed("js", "A service that acts for itself"))
    printed_models = (
        node(modules / "service.mjs", server.origin, service, str(modules / "service.key.json")).end().split()
    )
    assert "gpt-5.2-mini" in printed_models
