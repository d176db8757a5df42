"""What the example applications promise about themselves. That they work is shown in real Chromium (`e2e/`)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
APPLICATIONS = sorted(EXAMPLES.glob("*_app.py"))
OURS = re.compile(r"dbsc|bound", re.IGNORECASE)


def test_there_is_one_for_each_framework() -> None:
    assert [path.name for path in APPLICATIONS] == ["fastapi_app.py", "quart_app.py", "starlette_app.py"]


@pytest.mark.parametrize("path", APPLICATIONS, ids=lambda path: path.stem)
def test_fewer_than_ten_lines_protect_it_and_all_of_them_are_marked(path: Path) -> None:
    code = path.read_text().partition("from __future__")[2].splitlines()
    marked = [line for line in code if line.endswith("  # dbsc")]
    assert 0 < len(marked) < 10
    assert [line for line in code if line not in marked and OURS.search(line)] == []
