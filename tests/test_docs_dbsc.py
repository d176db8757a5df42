"""`docs/dbsc.md` and `docs/applications.md` say nothing that is not in the code or shown by a test.

The tables of answers are held against what `e2e/lab` expects of real Chromium, row by row.
"""

from __future__ import annotations

import ast
import base64
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from inspect import Parameter, signature
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import MetaData

import boundgate.dbsc
import boundgate.protect
from boundgate import chromium
from boundgate.clock import system_random
from boundgate.dbsc import Leniencies, Lives, check_answer, headers, judge, leniency, proof
from boundgate.dbsc.problems import REFUSALS
from boundgate.jose.compact import MAX_COMPACT_CHARS
from boundgate.protect import DeviceBound, Standing, Timing, bouncer
from boundgate.protect.sql import TABLE_NAME
from boundgate.storage import open_shared_state
from e2e.lab import test_refresh_answers, test_registrations
from tests.protect.rig import Rig

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "server" / "boundgate"
GUIDE, APPLICATIONS = ROOT / "docs" / "dbsc.md", ROOT / "docs" / "applications.md"
SVG = ROOT / "docs" / "dbsc-sequence.svg"
PAGES = pytest.mark.parametrize("document", [GUIDE, APPLICATIONS], ids=lambda document: document.name)
VECTORS = ROOT / "tests" / "vectors" / "dbsc"
CHROMIUMS = json.loads((VECTORS / "cdp_names.json").read_text())

TEST = re.compile(r"`((?:e2e|tests)/[\w/]+\.py)::(\w+)(?:\[([\w-]+)\])?`")
FILE = re.compile(r"`((?:e2e|tests)/[\w/]+\.py)`")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CAMEL = re.compile(r"`((?:[A-Z][a-z0-9]+){2,})[`(]")
SNAKE = re.compile(r"`([a-z]+(?:_[a-z]+)+)[`(=]")
SWITCHES = {"DeviceBoundSessions"}


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return BLOCK.sub("", page.read_text())


def section(page: Path, title: str) -> str:
    """The prose below a heading."""
    return prose(page).partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of all tables, their heads left out."""
    lines, found = text.splitlines(), []
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("| ") and before.startswith("|"):
            found.append([cell.strip() for cell in line.strip().strip("|").split("|")])
    return found


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def blocks(page: Path, language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(page.read_text()) if found == language]


# Tests that are named


@PAGES
def test_every_test_that_is_named_exists(document: Path) -> None:
    named = TEST.findall(document.read_text())
    assert len(named) > 10
    for file, name, row in named:
        tree = ast.parse((ROOT / file).read_text())
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in functions, f"{file}::{name}"
        if row:
            assert name == "test_refresh_answered_with", "the only rows that this test knows"
            assert row in test_refresh_answers.ROWS, row


@PAGES
def test_every_file_of_tests_that_is_named_exists(document: Path) -> None:
    assert [name for name in FILE.findall(document.read_text()) if not (ROOT / name).is_file()] == []


@PAGES
def test_every_heading_that_is_linked_exists(document: Path) -> None:
    for target, anchor in re.findall(r"\]\((\w*(?:\.md)?)#([\w-]+)\)", document.read_text()):
        text = (document.parent / target if target else document).read_text()
        headings = {
            re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
            for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        }
        assert anchor in headings, anchor


# Tables of answers


def test_every_answer_of_a_refresh_is_told_as_the_browser_is_expected_to_take_it() -> None:
    told = []
    for cells in rows(section(GUIDE, "Answers of a refresh endpoint")):
        if len(cells) != 7:
            continue
        _, result, fetch, session, request, asked, names = cells
        for name in quoted(names):
            told.append(name)
            expected = test_refresh_answers.ROWS[name][1]
            assert quoted(result) == [expected.result], name
            assert quoted(fetch) == [expected.fetch], name
            assert (session == "kept") is expected.kept, name
            assert quoted(session) == ([expected.ended] if expected.ended else []), name
            assert (request == "with the cookie") is expected.cookie, name
            assert request.startswith("bare") is not expected.cookie, name
            assert quoted(request) == ([expected.skipped] if expected.skipped else []), name
            assert int(asked) == expected.asked, name
    assert sorted(told) == sorted(test_refresh_answers.ROWS)


def test_every_answer_of_a_registration_is_told_as_the_browser_is_expected_to_take_it() -> None:
    told: dict[str, str] = {}
    for cells in rows(section(GUIDE, "Answers of a registration endpoint")):
        told |= dict.fromkeys(quoted(cells[2]), quoted(cells[1])[0])
    assert told == {name: expected for name, (_, expected) in test_registrations.ROWS.items()}


def test_every_name_of_chromiums_is_one_of_chromium_156() -> None:
    written = set(CAMEL.findall(prose(GUIDE))) - names_of_ours()
    assert len(written) > 50
    assert written <= known_to_chromium()
    for cells in rows(section(GUIDE, "Answers of a refresh endpoint")):
        if len(cells) == 7:
            kinds = ("refreshResult", "fetchResult", "deletionReason")
            for kind, cell in zip(kinds, cells[1:4], strict=True):
                assert set(quoted(cell)) <= set(CHROMIUMS[kind]), cells[0]


def test_every_refusal_of_instructions_is_told() -> None:
    text = section(GUIDE, "Session instructions")
    assert [name for name in REFUSALS if f"`{name}`" not in text] == []


def test_the_instructions_that_are_shown_are_good() -> None:
    [shown] = [text for text in blocks(GUIDE, "json") if "session_identifier" in text]
    names = [credential["name"] for credential in json.loads(shown)["credentials"]]
    lines = [f"{name}=v; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=300" for name in names]
    assert check_answer(shown, serving_url="https://app.example.com/dbsc/register", set_cookies=lines) == []


# Headers and proofs


def test_every_header_is_told_with_the_functions_that_read_or_write_it() -> None:
    told = {cells[0].strip("`"): cells for cells in rows(section(GUIDE, "Headers"))}
    assert list(told) == [
        headers.REGISTRATION,
        headers.CHALLENGE,
        headers.RESPONSE,
        headers.SESSION_ID,
        headers.SKIPPED,
    ]
    for cells in told.values():
        assert len(cells) == 5
        assert [name for name in quoted(cells[4]) if not hasattr(boundgate.dbsc, name)] == []


def test_chromium_quotes_no_header_and_sends_what_is_told() -> None:
    requests = json.loads((VECTORS / "chromium_requests.json").read_text())
    raw = {headers.RESPONSE, headers.SESSION_ID}
    values = [value for request in requests for name, value in request["headers"] if name in raw]
    assert len(values) > len(requests)
    assert [value for value in values if value.startswith('"')] == []
    for request in requests:
        sent = dict(map(tuple, request["headers"]))
        assert request["method"] == "POST"
        assert (sent["Content-Length"], sent["Sec-Fetch-Mode"], sent["Sec-Fetch-Dest"]) == ("0", "no-cors", "empty")
        assert {"Origin", "Sec-Fetch-Site"} <= sent.keys()
        assert not {"Accept", "Content-Type"} & sent.keys()


def test_chromium_signs_what_is_told() -> None:
    [shown] = [text for text in blocks(GUIDE, "json") if "dbsc+jwt" in text]
    register, claims, refresh, only = (json.loads(line) for line in shown.splitlines() if line)
    recorded = {"registration": set[tuple[str, ...]](), "refresh": set[tuple[str, ...]]()}
    for entry in json.loads((VECTORS / "chromium.json").read_text()):
        parts = [json.loads(decoded(part)) for part in entry["input"]["proof"].split(".")[:2]]
        if "aud" not in parts[1]:
            recorded[entry["input"]["kind"]].add((*sorted(parts[0]), "/", *sorted(parts[1])))
    assert (*sorted(register), "/", *sorted(claims)) in recorded["registration"]
    assert (*sorted(refresh), "/", *sorted(only)) in recorded["refresh"]


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


# Names of ours


@PAGES
def test_every_name_of_ours_that_is_mentioned_exists(document: Path) -> None:
    text = prose(document)
    for dotted in re.findall(r"`(boundgate\.[\w.]+)", text):
        resolve(dotted)
    assert set(CAMEL.findall(text)) - names_of_ours() - known_to_chromium() == set()
    for owner, name in re.findall(r"`(?!Network)([A-Z]\w+)\.(\w+)[`(]", text):
        found = getattr(boundgate.dbsc, owner, None) or getattr(boundgate.protect, owner)
        assert hasattr(found, name) or f"self.{name} = " in inspect.getsource(found), f"{owner}.{name}"
    sources = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.toml")]
    written = {word for path in sources for word in re.findall(r"\w+", path.read_text())}
    assert {word for word in SNAKE.findall(TEST.sub("", text)) if word not in written} == set()


def names_of_ours() -> set[str]:
    return {*boundgate.dbsc.__all__, *boundgate.protect.__all__, "RequireBound"}


def known_to_chromium() -> set[str]:
    return {name for names in CHROMIUMS.values() for name in names} | SWITCHES


def resolve(dotted: str) -> Any:
    module: Any = boundgate
    for name in dotted.split(".")[1:]:
        if not hasattr(module, name):
            __import__(f"{module.__name__}.{name}")
        module = getattr(module, name)
    return module


def test_every_module_of_the_protocol_stands_in_the_map() -> None:
    text = section(GUIDE, "Where the code is")
    named = {name for name in quoted(text) if name.endswith(".py") and "/" not in name}
    assert named == {path.name for path in (PACKAGE / "dbsc").glob("*.py")} - {"__init__.py"}
    for cells in rows(text):
        source = "".join((PACKAGE / "dbsc" / name).read_text() for name in quoted(cells[0]))
        for name in quoted(cells[1]):
            if not name.endswith(".toml"):
                assert re.search(rf"^(async )?(def|class) {name}\b", source, re.MULTILINE), name


def test_every_leniency_is_told_with_the_versions_that_it_serves() -> None:
    told = {cells[0].strip("`"): cells[2] for cells in rows(section(GUIDE, "Leniencies"))}
    assert list(told) == [field.name for field in fields(Leniencies)]
    functions = [
        function for function in vars(leniency).values() if getattr(function, "__module__", "") == leniency.__name__
    ]
    said = " ".join(" ".join((function.__doc__ or "").split()) for function in functions)
    for versions in told.values():
        assert versions.startswith("none") or f"Chrome {versions.partition(',')[0]}" in said, versions


def test_the_limits_are_those_of_the_code() -> None:
    text = section(GUIDE, "Limits")
    lives = {field.name: field.default for field in fields(Lives)}
    for name, seconds in lives.items():
        assert re.search(rf"`{name}` \({seconds}\b", text), name
    numbers = [MAX_COMPACT_CHARS, headers.MAX_SESSION_ID_CHARS, proof.MAX_CLAIM_CHARS, headers.MAX_SKIPPED_CHARS]
    assert "{} characters of proof, {} of identifier, {} of any claim, {} of".format(*numbers) in text
    assert f"with {judge.PROACTIVE_REFRESH_SECONDS} seconds or less" in text


# Applications


def test_every_option_is_told_with_its_default() -> None:
    told = {name: cells[1] for cells in rows(section(APPLICATIONS, "Options")) for name in quoted(cells[0])}
    expected = {}
    for name, parameter in list(signature(DeviceBound.__init__).parameters.items())[1:]:
        expected[name] = "" if parameter.default is Parameter.empty else parameter.default
    expected |= {field.name: field.default for field in fields(Timing)}
    assert list(told) == list(expected)
    for name, default in expected.items():
        literal = re.fullmatch(r"`(.+)`", told[name])
        if literal and not re.fullmatch(r"\w+\(\)", literal[1]):
            assert ast.literal_eval(literal[1]) == default, name
        elif literal:
            assert literal[1].removesuffix("()") in boundgate.protect.__all__
        else:
            assert (told[name] == "") is (default == ""), name


def test_every_standing_refusal_event_and_column_is_told() -> None:
    text = prose(APPLICATIONS)
    assert [one for one in Standing if f"| `{one.value}` |" not in text] == []
    codes = {
        error.public_code
        for error in vars(bouncer).values()
        if hasattr(error, "public_code") and not isinstance(error, type)
    }
    assert len(codes) == 5
    table = {code for cells in rows(section(APPLICATIONS, "Refusals")) for code in quoted(cells[2])}
    assert table == codes | {"storage_unavailable"}
    for event in boundgate.protect.Event.__args__:  # type: ignore[attr-defined]
        [cells] = [cells for cells in rows(section(APPLICATIONS, "Events")) if cells[0] == f"`{event.__name__}`"]
        own = [field.name for field in fields(event) if field.name not in {"at", "session", "user"}]
        assert quoted(cells[1]) == own
    stored = quoted(" ".join(cells[0] for cells in rows(section(APPLICATIONS, "Storage"))))
    assert stored == list(boundgate.protect.dbsc_table(MetaData()).columns.keys())
    assert f"`{TABLE_NAME}`" in text


def test_every_code_of_the_endpoints_is_told() -> None:
    told = section(APPLICATIONS, "Refusals").partition("The two endpoints")[2]
    registry = (PACKAGE / "protect" / "store.py").read_text()
    errors = [value for value in vars(boundgate.dbsc).values() if isinstance(value, type)]
    codes = {one.code for one in errors if issubclass(one, boundgate.dbsc.DbscError)} - {"dbsc_error"}
    codes |= set(re.findall(r'code="(\w+)"', (PACKAGE / "dbsc" / "endpoints.py").read_text()))
    codes |= set(re.findall(r'_KEY = "(\w+)"', registry)) | {"method_not_allowed", "storage_unavailable"}
    assert set(quoted(told)) == codes


# Code that is shown


@PAGES
def test_every_python_block_compiles(document: Path) -> None:
    shown = blocks(document, "python")
    assert shown
    for text in shown:
        compile(text, document.name, "exec", dont_inherit=True)


def test_blocks_that_name_an_example_are_taken_from_it() -> None:
    named = [text for text in blocks(APPLICATIONS, "python") if text.startswith("# docs/examples/")]
    assert named
    for text in named:
        head, _, body = text.partition("\n")
        assert body in (ROOT / head.removeprefix("# ")).read_text()


def test_all_python_blocks_run_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for document in (GUIDE, APPLICATIONS):
        names: dict[str, Any] = {"__name__": "shown"}
        for text in blocks(document, "python"):
            exec(compile(text, document.name, "exec", dont_inherit=True), names)


async def test_two_workers_over_one_shared_state_take_each_others_challenges(valkey_url: str) -> None:
    async with open_shared_state(valkey_url, prefix="docs", random=system_random) as shared:
        first = Rig(ledger=shared.hot)
        second = Rig(ledger=shared.hot, store=first.dbsc._engine.store, clock=first.clock)
        owner = await first.owner()
        owner.app = second.app
        assert (await owner.refresh()).status == 200
        assert second.told() == ["Refreshed"]


async def test_two_workers_with_a_memory_each_refuse_them() -> None:
    first = Rig()
    second = Rig(store=first.dbsc._engine.store, clock=first.clock, random=system_random)
    owner = await first.owner()
    owner.app = second.app
    await owner.refresh()
    assert second.told() == ["Retried challenge_stale", "Refreshed"]


def test_the_switches_that_are_shown_are_those_that_the_browser_needs() -> None:
    [shown] = [text for text in blocks(GUIDE, "sh") if text.startswith("chromium ")]
    words = shown.replace("\\\n", " ").split()
    assert [switch for switch in chromium.dbsc_switches("HASH", "linux") if switch not in words] == []
    assert any(word.startswith("--user-data-dir=") for word in words)
    assert chromium.dbsc_switches("HASH", "linux", root=True)[-1] == "--no-sandbox"
    assert "DeviceBoundSessions:RefreshQuota/false" in chromium.dbsc_switches(None, "linux", signing_quota=False)[0]


# The drawing


def elements() -> Iterator[ET.Element]:
    return ET.fromstring(SVG.read_text()).iter()


def test_the_drawing_is_accessible_text_and_nothing_from_elsewhere() -> None:
    tags = [element.tag.rpartition("}")[2] for element in elements()]
    assert set(tags) <= {"svg", "title", "desc", "style", "g", "rect", "circle", "path", "text"}
    assert tags.count("title") == tags.count("desc") == 1
    assert tags.count("text") > 50
    for element in elements():
        assert not [name for name in element.attrib if "href" in name or name.startswith("on")]
    source = SVG.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|url\(|@import|<!DOCTYPE|<!ENTITY", source)
    assert "prefers-color-scheme: dark" in source


def test_the_drawing_uses_the_names_of_the_protocol() -> None:
    drawn = " ".join(element.text or "" for element in elements())
    for name in (headers.REGISTRATION, headers.CHALLENGE, headers.RESPONSE, headers.SESSION_ID):
        assert name in drawn
    assert f"]({SVG.name})" in GUIDE.read_text()
