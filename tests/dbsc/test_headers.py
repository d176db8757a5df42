"""Header fields: written so that a browser reads them back, read without trusting anybody. More cases: the vectors."""

from __future__ import annotations

import contextlib
import string
from typing import Any

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import (
    LENIENT,
    STRICT,
    ProofMalformed,
    challenge_for,
    challenges_for,
    read_client,
    read_proof,
    read_session_id,
    read_skipped,
    request_names,
)
from boundgate.dbsc.headers import (
    MAX_CLIENT_CHARS,
    MAX_SESSION_ID_CHARS,
    RESPONSE,
    SESSION_ID,
    SKIPPED,
    UNNAMED_CLIENT,
    sf_string,
)
from boundgate.jose.compact import MAX_COMPACT_CHARS
from tests.support.soft_browser import read_challenge

SF_STRING = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=80)
ANY_ID = st.from_regex(r"[A-Za-z0-9_-]{1,126}", fullmatch=True)
STRUCTURED = st.text('ab1"\\;=,() @:%?*.-_\t\x7f\u00e9\u20ac', max_size=30)


@given(session_id=ANY_ID, challenge=SF_STRING.filter(bool))
def test_a_browser_finds_the_challenge_of_its_session_and_of_no_other(session_id: str, challenge: str) -> None:
    header = challenge_for(session_id, challenge)
    assert read_challenge(header, session_id) == challenge
    assert read_challenge(header, session_id + "x") is None


@given(text=SF_STRING)
def test_a_string_is_written_as_the_library_writes_it(text: str) -> None:
    assert sf_string(text) == http_sf.ser(text)


@given(text=st.text())
def test_any_text_is_a_structured_string_or_refused(text: str) -> None:
    if all(" " <= character <= "~" for character in text):
        assert http_sf.parse(sf_string(text).encode(), tltype="item")[0] == text
        return
    with pytest.raises(ValueError, match=r".*"):
        sf_string(text)


@given(pairs=st.lists(st.tuples(ANY_ID, SF_STRING.filter(bool)), min_size=1, unique_by=lambda pair: pair[0]))
def test_every_session_finds_its_challenge_among_several(pairs: list[tuple[str, str]]) -> None:
    header = challenges_for(pairs)
    for session_id, challenge in pairs:
        assert read_challenge(header, session_id) == challenge


def test_a_header_is_looked_for_under_its_old_name_too() -> None:
    assert request_names(RESPONSE) == ("Secure-Session-Response", "Sec-Session-Response")
    assert request_names(SESSION_ID) == ("Sec-Secure-Session-Id", "Sec-Session-Id")
    assert request_names(SKIPPED) == ("Secure-Session-Skipped",)
    assert request_names(RESPONSE, leniencies=STRICT) == ("Secure-Session-Response",)


@given(value=ANY_ID)
def test_a_raw_value_is_refused_where_that_leniency_is_off(value: str) -> None:
    for read in (read_proof, read_session_id):
        assert read(f'"{value}"', leniencies=STRICT) == value
        with pytest.raises(ProofMalformed, match="string"):
            read(value, leniencies=STRICT)
        assert read(value, leniencies=LENIENT) == value


@given(value=st.from_regex(r"[A-Za-z0-9_.-]{1,200}", fullmatch=True))
def test_raw_and_quoted_proofs_are_the_same(value: str) -> None:
    quoted: Any = http_sf.ser(value)
    assert read_proof(value) == read_proof(quoted) == value


@given(value=ANY_ID)
def test_raw_and_quoted_session_identifiers_are_the_same(value: str) -> None:
    assert read_session_id(value) == read_session_id(f'"{value}"') == value


@pytest.mark.parametrize("read", [read_proof, read_session_id])
@given(value=st.text() | STRUCTURED | STRUCTURED.map(lambda text: f'"{text}') | SF_STRING.map(lambda text: f'"{text}"'))
def test_any_text_is_read_or_refused_as_malformed(read: Any, value: str) -> None:
    with contextlib.suppress(ProofMalformed):
        assert type(read(value)) is str


@given(value=st.text())
def test_a_session_identifier_has_only_the_characters_that_ours_have(value: str) -> None:
    try:
        session_id = read_session_id(value)
    except ProofMalformed:
        return
    assert session_id
    assert set(session_id) <= set(string.ascii_letters + string.digits + "-_")


@pytest.mark.parametrize(("read", "limit"), [(read_proof, MAX_COMPACT_CHARS), (read_session_id, MAX_SESSION_ID_CHARS)])
def test_the_limits_count_the_value_as_it_came(read: Any, limit: int) -> None:
    assert read("a" * limit) == "a" * limit
    assert len(read('"' + "a" * (limit - 2) + '"')) == limit - 2
    for value in ("a" * (limit + 1), '"' + "a" * (limit - 1) + '"', " " + "a" * limit):
        with pytest.raises(ProofMalformed, match=str(limit)):
            read(value)


@given(value=st.text() | STRUCTURED | STRUCTURED.map(lambda text: f"unreachable;session_identifier={text}"))
def test_what_a_browser_says_it_skipped_never_raises(value: str) -> None:
    for skipped in read_skipped(value):
        assert skipped.reason in {"unreachable", "server_error", "quota_exceeded"}
        assert type(skipped.reason) is str
        assert skipped.session_id is None or type(skipped.session_id) is str


@given(session_id=SF_STRING, reason=st.sampled_from(["unreachable", "server_error", "quota_exceeded"]))
def test_a_skip_keeps_its_session(reason: str, session_id: str) -> None:
    members: Any = [(http_sf.Token(reason), {"session_identifier": session_id})]
    (skipped,) = read_skipped(http_sf.ser(members))
    assert (skipped.reason, skipped.session_id) == (reason, session_id)


@pytest.mark.parametrize("value", ["boundgate-extension/1.0.2", "curl", "a+b_c/1.0-rc.1", "x" * MAX_CLIENT_CHARS])
def test_a_client_is_known_by_its_product_and_version(value: str) -> None:
    assert read_client(value) == read_client(f" {value}\t") == value


@pytest.mark.parametrize(
    "value", ["", "/1", "a/", "a/1/2", "a b", "a\nb", "moz-extension://1-2", "\u00e9", "x" * (MAX_CLIENT_CHARS + 1)]
)
def test_whatever_else_is_declared_is_a_client_without_a_name(value: str) -> None:
    assert read_client(value) == UNNAMED_CLIENT


@given(value=st.text() | STRUCTURED)
def test_any_declared_client_is_short_printable_and_never_nothing(value: str) -> None:
    client = read_client(value)
    assert 0 < len(client) <= MAX_CLIENT_CHARS
    assert client.isascii()
    assert client.isprintable()
