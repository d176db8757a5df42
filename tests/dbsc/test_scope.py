"""Scope: which requests wait for a refresh, and who may make the browser refresh. More cases: the vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import BoundCredential, Instructions, ScopeRule, SiteScope, in_scope
from boundgate.dbsc.document import read_document
from boundgate.dbsc.hosts import Origin
from boundgate.dbsc.judge import scope_of
from boundgate.dbsc.scope import Scope, path_of, path_under, pattern_mismatch
from tests.vectors.dbsc.generate import vectors

FILE = Path(__file__).parents[1] / "vectors" / "dbsc" / "scope.json"
CASES = json.loads(FILE.read_text(encoding="ascii"))
ORIGIN = Origin("https", "example.test", 443)
PATH = st.text("/ab.", max_size=8)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_a_scope_vector_gets_its_verdict(case: dict[str, Any]) -> None:
    given = case["input"]
    document, problems = read_document(given["document"])
    assert problems == []
    assert document is not None
    scope = scope_of(document, given["serving_url"])
    assert scope is not None
    said = scope.includes(given["url"]) if "url" in given else scope.may_initiate(given["initiator"])
    assert {"ok": said} == case["expected"]


def test_the_file_is_what_the_generator_writes() -> None:
    assert FILE.read_text(encoding="ascii") == vectors()["scope.json"]
    names = [case["name"] for case in CASES]
    assert len(names) == len(set(names))


def test_instructions_know_their_own_scope() -> None:
    instructions = Instructions(
        origin="https://example.test",
        refresh_path="/dbsc/refresh",
        credentials=(BoundCredential("__Host-a"),),
        excluded_paths=("/static",),
    )
    assert in_scope("https://example.test/account", instructions)
    assert not in_scope("https://example.test/static/x", instructions)
    assert not in_scope("https://example.test/dbsc/refresh", instructions)
    assert not in_scope("https://app.example.test/account", instructions)


def test_a_site_scope_excludes_all_and_includes_whom_it_names() -> None:
    assert SiteScope(shared_with=("b.example.test", "a.example.test")).rules("a.example.test") == (
        ScopeRule.exclude(domain="*", path="/"),
        ScopeRule.include(domain="a.example.test", path="/"),
        ScopeRule.include(domain="b.example.test", path="/"),
    )


def test_a_path_prefix_ends_at_a_slash() -> None:
    assert path_under("/a", "/a")
    assert path_under("/a/b", "/a")
    assert path_under("/a/b", "/a/")
    assert path_under("/anything", "/")
    assert not path_under("/ab", "/a")
    assert not path_under("/a", "/a/")


def test_a_path_has_no_dot_segments() -> None:
    assert path_of("https://example.test") == "/"
    assert path_of("https://example.test/a/./b/../c?d") == "/a/c"
    assert path_of("https://example.test/../a") == "/a"


def test_a_document_without_an_origin_takes_the_serving_urls() -> None:
    document, _ = read_document(
        {"session_identifier": "s", "scope": {"include_site": False}, "credentials": [{"type": "cookie", "name": "a"}]}
    )
    assert document is not None
    scope = scope_of(document, "https://example.test/dbsc/register")
    assert scope is not None
    assert scope.origin == ORIGIN
    assert not scope.includes("https://example.test/dbsc/register"), "it is the refresh URL too"
    assert scope_of(document, "about:blank") is None


@given(rules=st.lists(st.tuples(st.sampled_from(["include", "exclude"]), PATH.map("/".__add__))), path=PATH)
def test_the_last_rule_that_matches_decides(rules: list[Any], path: str) -> None:
    scope = Scope(
        ORIGIN, False, tuple(ScopeRule(kind, "*", prefix) for kind, prefix in rules), "https://example.test/r"
    )
    url = f"https://example.test/{path}"
    matching = [kind for kind, prefix in rules if path_under(path_of(url), prefix)]
    if not path_under(path_of(url), "/r"):
        assert scope.includes(url) == (matching[-1:] != ["exclude"])


@given(url=st.text() | PATH.map("https://example.test/".__add__), initiator=st.text())
def test_any_url_is_in_scope_or_not(url: str, initiator: str) -> None:
    scope = Scope(ORIGIN, True, (ScopeRule.exclude(path="/a"),), "https://example.test/r", ("*.test",))
    assert scope.includes(url) in {True, False}
    assert scope.may_initiate(initiator) in {True, False}


@given(pattern=st.text("*.exampltsh:/", max_size=16))
def test_a_rule_of_an_origin_scope_that_is_accepted_is_a_rule_of_the_site_too(pattern: str) -> None:
    if pattern_mismatch(pattern, ORIGIN, include_site=False) is None:
        assert pattern_mismatch(pattern, ORIGIN, include_site=True) is None
