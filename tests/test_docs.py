"""The documentation covers what there is: every setting, command, verb and link."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from boundgate.cli.root import app
from boundgate.settings import TierRule, load_settings

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
SETTING = re.compile(r"^\| `([a-z0-9_]+)` \|(.*?)\| (.+) \|$", re.MULTILINE)


def documented():
    rows = SETTING.findall((ROOT / "docs" / "settings.md").read_text())
    return {name: default.strip("` ") for name, default, _ in rows if name not in TierRule.model_fields}


def shown(value):
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def test_every_setting_is_documented_with_its_default_and_nothing_else_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    expected = {name: shown(getattr(settings, name)) for name in type(settings).model_fields} | {"tiers": "see below"}
    assert documented() == expected


def test_every_setting_describes_itself():
    assert [name for name, field in load_settings().__class__.model_fields.items() if not field.description] == []


def test_every_field_of_a_tier_is_documented():
    text = (ROOT / "docs" / "settings.md").read_text()
    assert [name for name in TierRule.model_fields if f"| `{name}` |" not in text] == []


def commands(group, prefix="boundgate"):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_every_command_stands_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    assert [name for name in commands(typer.main.get_command(app)) if name not in readme] == []


def test_every_verb_of_the_makefile_stands_in_contributing():
    verbs = re.findall(r"^([a-z0-9]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert {"run", "test", "check", "lint", "fix", "e2e", "serve", "bench", "docs"} <= set(verbs)
    assert [verb for verb in verbs if f"`make {verb}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page):
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_room_of_the_package_stands_in_the_architecture():
    text = (ROOT / "docs" / "architecture.md").read_text()
    package = ROOT / "server" / "boundgate"
    rooms = [path.name for path in package.iterdir() if (path / "__init__.py").exists()]
    assert [room for room in rooms if f"`{room}/`" not in text] == []
