"""Whoever only installs the package and writes what the README and the examples show has nothing to fear from mypy."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PYTHON_BLOCK = re.compile(r"^```python\n(.+?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel in it, and beside it, by reference, what it depends on."""
    place = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    venv.create(place / "env", with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(place / "env")}))
    (wheel,) = place.glob("boundgate-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # A path in such a file is only put behind the others: the editable install beside the dependencies is not followed.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place / "env" / "bin" / "python"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A directory with the examples, and with every program that the README shows."""
    programs = [block for block in PYTHON_BLOCK.findall((ROOT / "README.md").read_text()) if "boundgate" in block]
    for number, program in enumerate(programs):
        (tmp_path / f"readme_{number}.py").write_text(program)
    for example in (ROOT / "docs" / "examples").glob("*.py"):
        (tmp_path / example.name).write_text(example.read_text())
    return tmp_path


def run(*words: str, at: Path) -> str:
    """What a program says, without this repository in its path."""
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MYPYPATH"}}
    done = subprocess.run(words, cwd=at, env=kept, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def strictly(python: Path, *words: str, at: Path) -> str:
    """What `mypy --strict` says, without any configuration."""
    options = ["--strict", "--config-file=", f"--python-executable={python}", f"--cache-dir={at / 'cache'}"]
    return run(sys.executable, "-m", "mypy", *options, *words, at=at)


def test_the_package_that_is_checked_is_the_installed_one(installed: Path, elsewhere: Path) -> None:
    place = run(str(installed), "-c", "import boundgate.protect; print(boundgate.protect.__file__)", at=elsewhere)
    assert Path(place).is_relative_to(installed.parents[1])


def test_every_program_that_is_shown_is_strictly_typed(installed: Path, elsewhere: Path) -> None:
    programs = sorted(path.name for path in elsewhere.glob("*.py"))
    assert "quickstart.py" in programs
    assert strictly(installed, *programs, at=elsewhere) == f"Success: no issues found in {len(programs)} source files\n"


def test_a_mistake_would_be_found(installed: Path, elsewhere: Path) -> None:
    """The package's types are seen: without `py.typed` everything would be `Any`, and nothing ever wrong."""
    (elsewhere / "wrong.py").write_text("from boundgate.protect import DeviceBound\n\nDeviceBound(origin=1)\n")
    with pytest.raises(AssertionError, match='"origin" to "DeviceBound" has incompatible type'):
        strictly(installed, "wrong.py", at=elsewhere)
