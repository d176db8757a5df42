"""The protocol stands alone: it can be used under any framework."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import boundgate.dbsc

PACKAGE = Path(boundgate.dbsc.__file__).parent
HEAVY = {"quart", "werkzeug", "hypercorn", "sqlalchemy", "statsmodels", "numpy", "aiohttp", "webauthn", "pydantic"}
ALLOWED = {"boundgate.dbsc", "boundgate.jose", "boundgate.errors", "boundgate.clock", "boundgate.strict_json"}


def test_importing_the_protocol_brings_no_framework_and_no_database() -> None:
    script = "import json, sys, boundgate.dbsc; print(json.dumps(sorted(sys.modules)))"
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parents[1])}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, env=environment, timeout=60)
    modules = set(json.loads(done.stdout))
    assert not HEAVY & {name.partition(".")[0] for name in modules}
    ours = {name for name in modules if name.startswith("boundgate.")}
    assert not {name for name in ours - ALLOWED if not name.startswith(("boundgate.dbsc.", "boundgate.jose."))}


def test_the_protocol_reads_no_clock_and_no_randomness_of_its_own() -> None:
    for file in PACKAGE.glob("*.py"):
        assert not {"time", "datetime", "random", "secrets", "os", "socket", "asyncio"} & imports(file), file.name


def test_everything_that_is_announced_exists() -> None:
    assert len(set(boundgate.dbsc.__all__)) == len(boundgate.dbsc.__all__)
    for name in boundgate.dbsc.__all__:
        assert hasattr(boundgate.dbsc, name)


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found
