"""Instructions read as Chromium reads them: its order, its defaults, its leniencies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc.document import MAX_DEPTH, parse_text, read_document
from boundgate.dbsc.problems import REFUSALS, Problem
from boundgate.dbsc.scope import ScopeRule

GOOD = {
    "session_identifier": "s",
    "scope": {"include_site": False},
    "credentials": [{"type": "cookie", "name": "a"}],
}
SCALAR = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
RULE = st.fixed_dictionaries({}, optional={"type": st.sampled_from(["include", "exclude"]) | JSON, "domain": JSON})
DOCUMENT = st.fixed_dictionaries(
    {},
    optional={
        "session_identifier": JSON,
        "continue": JSON,
        "refresh_url": JSON,
        "scope": JSON
        | st.fixed_dictionaries(
            {}, optional={"include_site": JSON, "origin": JSON, "scope_specification": st.lists(RULE | JSON) | JSON}
        ),
        "credentials": JSON
        | st.lists(
            st.fixed_dictionaries({}, optional={"type": st.just("cookie") | JSON, "name": JSON, "attributes": JSON})
        ),
        "allowed_refresh_initiators": JSON | st.lists(JSON),
    },
)


def names(document: Any) -> list[str | None]:
    return [problem.chrome for problem in read_document(document)[1]]


def nested(depth: int) -> str:
    return '{"x":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


def test_defaults_are_filled_in() -> None:
    document, problems = read_document(GOOD)
    assert problems == []
    assert document is not None
    assert (document.origin, document.refresh_url, document.rules, document.initiators) == ("", "", (), ())
    assert document.credentials[0].attributes == ""
    with_rule = GOOD | {"scope": {"include_site": True, "scope_specification": [{"type": "include"}]}}
    document, _ = read_document(with_rule)
    assert document is not None
    assert document.rules == (ScopeRule.include(domain="*", path="/"),)


def test_members_of_a_wrong_type_count_as_missing_where_there_is_a_default() -> None:
    scope = {"include_site": False, "origin": 1, "scope_specification": "x"}
    document, problems = read_document(
        GOOD | {"scope": scope, "refresh_url": [], "allowed_refresh_initiators": {}, "continue": "false"}
    )
    assert problems == []
    assert document is not None
    assert (document.origin, document.refresh_url, document.rules, document.initiators) == ("", "", (), ())


def test_everything_that_is_wrong_is_told_in_the_order_in_which_chromium_looks() -> None:
    document = {"scope": {"scope_specification": [1]}, "credentials": [{}], "allowed_refresh_initiators": [1]}
    assert names(document) == [
        "InvalidSessionId",
        "MissingScopeIncludeSite",
        "InvalidScopeSpecification",
        "InvalidCredentialsType",
        "RefreshInitiatorNotString",
    ]


def test_an_end_is_told_as_such_and_needs_its_identifier() -> None:
    assert names({"session_identifier": "s", "continue": False})[0] == "ServerRequestedTermination"
    assert names({"continue": False})[0] == "InvalidSessionId"


@pytest.mark.parametrize(
    "text", ["x", "[]", "null", '"s"', "{}x", '{"a":1,}', "{/**/}", '{"a":NaN}', b'{"a":"\xff"}', b"\xff\xfe{}"]
)
def test_what_is_no_json_object_is_named_so(text: Any) -> None:
    parsed = parse_text(text)
    assert isinstance(parsed, Problem)
    assert parsed.chrome == "InvalidConfigJson"


@pytest.mark.parametrize("empty", ["", b""])
def test_an_empty_body_is_named_so(empty: Any) -> None:
    parsed = parse_text(empty)
    assert isinstance(parsed, Problem)
    assert parsed.chrome == "EmptySessionConfig"


def test_a_byte_order_mark_and_members_twice_are_tolerated_as_in_the_browser() -> None:
    assert parse_text(b'\xef\xbb\xbf{"a":1,"a":2}') == {"a": 2}


def test_the_depth_has_a_limit() -> None:
    assert isinstance(parse_text(nested(MAX_DEPTH)), dict)
    assert isinstance(parse_text(nested(MAX_DEPTH + 1)), Problem)
    assert isinstance(parse_text("[" * 100_000), Problem)
    assert isinstance(parse_text('{"x":' * 100_000), Problem)


@given(text=st.text() | st.binary() | st.text('{}[]":,ab1e.\\u'))
def test_any_text_is_an_object_or_a_problem(text: Any) -> None:
    assert isinstance(parse_text(text), dict | Problem)


@given(document=DOCUMENT)
def test_any_document_is_usable_or_refused_by_a_name_of_chromiums(document: dict[str, Any]) -> None:
    read, problems = read_document(json.loads(json.dumps(document)))
    assert (read is None) == bool(problems)
    assert all(problem.refused and problem.chrome in REFUSALS for problem in problems)
