"""Instructions judged as Chromium 156 judges them. Every single verdict: the vectors, which it was asked about too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc.judge import check_answer, check_instructions
from boundgate.dbsc.problems import REFUSALS, Problem
from tests.dbsc.test_document import DOCUMENT, JSON
from tests.vectors.dbsc.generate import vectors

FILE = Path(__file__).parents[1] / "vectors" / "dbsc" / "instructions.json"
CASES = json.loads(FILE.read_text(encoding="ascii").replace("{port}", "8443"))
URL = "https://example.test:8443/dbsc/register"
LINE = "__Host-a=1; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=300"
ATTRIBUTES = st.lists(
    st.sampled_from(["Path=/", "Path=/a", "Secure", "HttpOnly", "SameSite=Lax", "SameSite=None", "Domain=example.test"])
).map("; ".join)


def document(**changed: Any) -> dict[str, Any]:
    credential = {"type": "cookie", "name": "__Host-a", "attributes": "Path=/; Secure; HttpOnly; SameSite=Lax"}
    return {"session_identifier": "s", "scope": {"include_site": False}, "credentials": [credential]} | changed


def judge(given: dict[str, Any]) -> list[Problem]:
    options = {"serving_url": given["serving_url"], "set_cookies": given["set_cookies"]}
    return (
        check_answer(given["text"], **options) if "text" in given else check_instructions(given["document"], **options)
    )


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_an_instruction_vector_gets_its_verdict(case: dict[str, Any]) -> None:
    problems = judge(case["input"])
    said = {"error": problems[0].code, "chrome": problems[0].chrome} if problems else {"ok": True}
    assert said == case["expected"], [str(problem) for problem in problems]


def test_the_file_is_what_the_generator_writes() -> None:
    assert FILE.read_text(encoding="ascii") == vectors()["instructions.json"]
    names = [case["name"] for case in CASES]
    assert len(names) == len(set(names))


def test_every_name_of_a_refusal_has_a_vector() -> None:
    # A refresh that names another session needs a session; see below.
    assert {case["expected"].get("chrome") for case in CASES} - {None} == set(REFUSALS) - {"MismatchedSessionId"}


def test_what_is_refused_comes_before_what_is_futile() -> None:
    problems = check_instructions(
        document(session_identifier="\u00e9", refresh_url="http://x", allowed_refresh_initiators=["A", ""]),
        serving_url=URL,
        set_cookies=[],
    )
    assert [problem.refused for problem in problems] == [True, True, False, False, False]
    assert problems[0].chrome == "InvalidRefreshUrl"


def test_a_refresh_must_name_the_session_that_it_is_of() -> None:
    assert check_instructions(document(), serving_url=URL, expected_session_id="s") == []
    (problem,) = check_instructions(document(), serving_url=URL, expected_session_id="t")
    assert problem.chrome == "MismatchedSessionId"
    (problem,) = check_answer(json.dumps(document()), serving_url=URL, expected_session_id="t")
    assert problem.chrome == "MismatchedSessionId"


def test_cookies_are_judged_only_where_they_are_known() -> None:
    assert check_instructions(document(), serving_url=URL) == []
    (problem,) = check_instructions(document(), serving_url=URL, set_cookies=[])
    assert problem.code == "cookie_missing"


def test_a_difference_is_named() -> None:
    (problem,) = check_instructions(
        document(), serving_url=URL, set_cookies=["__Host-a=1; Path=/; Secure; SameSite=Strict"]
    )
    assert problem.code == "cookie_mismatch"
    assert "http_only, same_site" in problem.says


def test_of_two_lines_for_one_cookie_the_last_counts_and_one_of_another_host_does_not_disturb() -> None:
    good, gone = LINE, LINE.replace("300", "0")
    assert check_instructions(document(), serving_url=URL, set_cookies=[gone, good]) == []
    (problem,) = check_instructions(document(), serving_url=URL, set_cookies=[good, gone])
    assert problem.code == "cookie_missing"
    foreign = "__Host-a=1; Path=/; Secure; Domain=other.test"
    assert check_instructions(document(), serving_url=URL, set_cookies=[good, foreign]) == []


def test_plain_http_is_told_since_the_browser_says_nothing() -> None:
    problems = check_instructions(document(), serving_url="http://localhost/dbsc")
    assert "serving_url_not_https" in {problem.code for problem in problems}


def test_a_serving_url_that_is_none_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="serving_url"):
        check_instructions(document(), serving_url="/dbsc/register")


@given(content=DOCUMENT, lines=st.lists(st.text(max_size=40)))
def test_any_document_is_judged(content: dict[str, Any], lines: list[str]) -> None:
    problems = check_instructions(json.loads(json.dumps(content)), serving_url=URL, set_cookies=lines)
    assert all(isinstance(problem, Problem) for problem in problems)


@given(
    origin=st.text(max_size=30) | st.sampled_from(["https://example.test:8443", "https://app.example.test"]),
    include_site=st.booleans(),
    refresh_url=st.text(max_size=30),
    rules=st.lists(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["include", "exclude"])},
            optional={"domain": st.text("*.:exampltsh/", max_size=14), "path": st.text("/?ab", max_size=5)},
        )
    ),
    credentials=st.lists(
        st.fixed_dictionaries(
            {"type": st.just("cookie"), "name": st.text(max_size=12), "attributes": ATTRIBUTES | st.text(max_size=30)}
        )
    ),
    initiators=st.lists(st.text(max_size=12)),
)
def test_any_typed_document_is_judged(
    origin: str, include_site: bool, refresh_url: str, rules: Any, credentials: Any, initiators: list[str]
) -> None:
    scope = {"origin": origin, "include_site": include_site, "scope_specification": rules}
    content = document(
        scope=scope, refresh_url=refresh_url, credentials=credentials, allowed_refresh_initiators=initiators
    )
    problems = check_instructions(content, serving_url=URL, set_cookies=[LINE])
    assert [problem.refused for problem in problems] == sorted((problem.refused for problem in problems), reverse=True)


@given(text=st.text() | st.binary() | JSON.map(json.dumps))
def test_any_body_is_judged(text: Any) -> None:
    assert check_answer(text, serving_url=URL), "nothing without a session identifier and credentials is accepted"


@given(written=ATTRIBUTES, named=ATTRIBUTES)
def test_a_line_with_the_credentials_own_attributes_never_mismatches(written: str, named: str) -> None:
    content = document(credentials=[{"type": "cookie", "name": "a", "attributes": named}])
    for attributes in (written, named):
        codes = {p.code for p in check_instructions(content, serving_url=URL, set_cookies=[f"a=1; {attributes}"])}
        if attributes == named:
            assert "cookie_mismatch" not in codes
