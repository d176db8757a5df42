"""The documentation covers what there is: every setting, command, verb and link."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from boundgate.cli.root import app
from boundgate.settings import OutsideProvider, TierRule, load_settings
from boundgate.terms import SessionState
from tests.support.site import BOUND, FRESH, LOGIN, running_site

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "server" / "boundgate"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "extension").glob("*.md")])
SETTING = re.compile(r"^\| `([a-z0-9_]+)` \|(.*?)\| (.+) \|$", re.MULTILINE)


def documented():
    rows = SETTING.findall((ROOT / "docs" / "settings.md").read_text())
    inner = {*TierRule.model_fields, *OutsideProvider.model_fields}
    return {name: default.strip("` ") for name, default, _ in rows if name not in inner}


def shown(value):
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def test_every_setting_is_documented_with_its_default_and_nothing_else_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    expected = {name: shown(getattr(settings, name)) for name in type(settings).model_fields} | {"tiers": "see below"}
    expected["outside_providers"] = ""
    assert documented() == expected


def test_the_settings_file_of_the_readme_is_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```toml\n(.+?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (tmp_path / "example.toml").write_text(example)
    settings = load_settings(config_file=tmp_path / "example.toml")
    assert settings.origin == "https://ai.example.com"
    assert not settings.development_tls


def test_every_setting_describes_itself():
    assert [name for name, field in load_settings().__class__.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("inner", [TierRule, OutsideProvider])
def test_every_field_of_a_tier_and_a_provider_is_documented(inner):
    text = (ROOT / "docs" / "settings.md").read_text()
    assert [name for name in inner.model_fields if f"| `{name}` |" not in text] == []


def test_the_provider_of_the_guide_can_be_set_up(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```toml\n(.+?)```", (ROOT / "docs" / "outside.md").read_text(), re.DOTALL)
    (tmp_path / "example.toml").write_text(example)
    settings = load_settings(config_file=tmp_path / "example.toml")
    assert [provider.name for provider in settings.outside_providers.values()] == ["Example ID"]


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
    rooms = [path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()]
    assert [room for room in rooms if f"`{room}/`" not in text] == []


def test_every_module_beside_the_rooms_stands_in_the_architecture():
    text = (ROOT / "docs" / "architecture.md").read_text()
    modules = {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert [name for name in sorted(modules) if f"`{name}`" not in text] == []


def test_every_file_and_folder_that_the_architecture_names_exists():
    text = (ROOT / "docs" / "architecture.md").read_text().split("Planned rooms")[0]
    named = set(re.findall(r"`([a-z_/]+(?:\.py|/))`", text))
    places = (ROOT, PACKAGE, ROOT / "tests")
    found = {name for name in named for place in places if (place / name).exists() or any(PACKAGE.glob(f"*/{name}"))}
    assert named - found == set()


HTTP_ROW = re.compile(r"^\| `([A-Z ]+) (/[^`]*)` \| (.+) \| (.+) \|$", re.MULTILINE)
CODE_ROW = re.compile(r"^\| (?:[45]\d\d|4xx) \| `([a-z_]+)` \|", re.MULTILINE)
# How codes are written in the source: a class's own, an argument, a refusal of the policy, the framework's default.
CODES = re.compile(r"""(?:\bcode(?:: ClassVar\[str\])? ?= ?|_refuse\(|_CODES\.get\(status, )"([a-z_]+)\"""")
NEVER_SENT = {
    *("jose_error", "jws_malformed", "jws_refused", "jwk_refused"),
    *("dbsc_error", "key_not_vouched", "not_attested", "forbidden"),
    *("cannot_serve", "certificate_unusable", "browser_unusable"),
}
"""Of base classes, of errors that protocols turn into their own, and of commands that fail before there is a server."""


async def test_every_route_stands_in_the_http_document_and_nothing_else_does(tmp_path):
    text = (ROOT / "docs" / "http.md").read_text()
    documented = {(method, path) for methods, path, _, _ in HTTP_ROW.findall(text) for method in methods.split()}
    async with running_site(tmp_path) as site:
        served = {(method, rule) for method, rule in site.routes() if method not in {"HEAD", "OPTIONS"}}
    assert documented == served


def test_every_error_code_stands_in_the_http_document_and_nothing_else_does():
    # What an application of somebody else's answers through `protect` stands in that guide.
    sources = [path.read_text() for path in PACKAGE.rglob("*.py") if "protect" not in path.parts]
    sent = {code for source in sources for code in CODES.findall(source)} - NEVER_SENT
    text = (ROOT / "docs" / "http.md").read_text()
    assert {"proof_required", "step_up_required", "internal_error", "foreign_origin", "gone"} <= sent
    assert set(CODE_ROW.findall(text)) == sent


def test_every_state_and_cookie_stands_in_the_http_document():
    text = (ROOT / "docs" / "http.md").read_text()
    assert [word for word in (*SessionState, LOGIN, BOUND, FRESH) if f"| `{word}` |" not in text] == []


def test_every_test_and_every_case_that_the_page_about_proofs_names_exists():
    page = (ROOT / "docs" / "dpop.md").read_text()
    named = re.findall(r"`((?:tests|e2e)/[a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`", page)
    assert len(named) > 20
    assert [name for path, name in named if f"def {name}(" not in (ROOT / path).read_text()] == []
    cases = {3: "tests/routes/test_tokens.py", 4: "tests/routes/test_oauth_refusals.py"}
    rows = [line.split("|") for line in page.splitlines() if line.count("|") == 5]
    assert len(rows) > 20
    for column, path in cases.items():
        source = (ROOT / path).read_text()
        asked = {case for row in rows[2:] for case in re.findall(r"`([^`]+)`", row[column])}
        assert {case for case in asked if f'"{case}": ' not in source} == set()
