"""A compact JWS taken apart: once, strictly, and the short way only where it says the same as the long one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate import strict_json
from boundgate.jose.compact import MAX_COMPACT_CHARS, read_compact
from boundgate.jose.errors import JwsMalformed
from tests.support.keys import b64u

HEADER = b64u(b'{"alg":"ES256","typ":"dbsc+jwt"}')
PARTS = st.text("abAB01-_", min_size=1, max_size=12)


def proof(payload: bytes, *, header: str = HEADER) -> str:
    return f"{header}.{b64u(payload)}.AAAA"


def test_the_parts_are_what_was_signed() -> None:
    payload = b'{"jti":"c"}'
    read = read_compact(proof(payload))
    assert read.header == {"alg": "ES256", "typ": "dbsc+jwt"}
    assert read.claims == {"jti": "c"}
    assert read.signing_input == f"{HEADER}.{b64u(payload)}".encode()
    assert read.signature == b"\0\0\0"


@given(
    payload=st.binary(max_size=30)
    | st.text(max_size=20).map(lambda text: b'{"jti":"%s"}' % text.encode("utf-8", "replace"))
    | st.text('ab"\\}{:,u0-_', max_size=20).map(lambda text: b'{"jti":"%s"}' % text.encode())
)
def test_the_short_way_to_the_claims_says_the_same_as_the_long_one(payload: bytes) -> None:
    try:
        expected = strict_json.loads_object(payload, max_depth=4)
    except strict_json.StrictJSONError:
        with pytest.raises(JwsMalformed):
            read_compact(f"{HEADER}.{b64u(payload) or 'AA'}.AAAA")
        return
    assert read_compact(proof(payload)).claims == expected


@given(challenge=st.from_regex(r"[A-Za-z0-9_-]*", fullmatch=True))
def test_a_challenge_of_ours_goes_the_short_way_unchanged(challenge: str) -> None:
    payload = json.dumps({"jti": challenge}, separators=(",", ":")).encode()
    assert read_compact(proof(payload)).claims == {"jti": challenge}


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d", "a.b.c=", "a b.c.d", "a+.b.c", "\u00e9.b.c", "a.b.c\n"],
)
def test_what_is_no_compact_jws_is_refused(text: str) -> None:
    with pytest.raises(JwsMalformed, match="compact JWS"):
        read_compact(text)


@pytest.mark.parametrize("signature", ["A", "AB", "AAB"])
def test_a_signature_that_is_no_canonical_text_is_none(signature: str) -> None:
    assert read_compact(f"{HEADER}.{b64u(b'{}')}.{signature}").signature is None


def test_a_header_or_payload_that_is_no_canonical_text_is_malformed() -> None:
    for text in (f"{HEADER}.e31.AAAA", f"{HEADER}A.e30.AAAA"):
        with pytest.raises(JwsMalformed, match="base64url-encoded JSON"):
            read_compact(text)
    assert read_compact(f"{HEADER}.e30.AAAA").claims == {}


def test_the_limit_counts_characters() -> None:
    padding = "A" * (MAX_COMPACT_CHARS - len(HEADER) - 5)
    assert read_compact(f"{HEADER}.e30.{padding}").signature is not None or len(padding) % 4 == 1
    with pytest.raises(JwsMalformed, match=str(MAX_COMPACT_CHARS)):
        read_compact(f"{HEADER}.e30.{padding}A")


def test_a_cached_header_is_nobodys_to_change() -> None:
    first, second = read_compact(proof(b"{}")), read_compact(proof(b'{"jti":"c"}'))
    assert first.header == second.header == {"alg": "ES256", "typ": "dbsc+jwt"}
    with pytest.raises(TypeError):
        first.header["alg"] = "none"  # type: ignore[index]


@given(header=PARTS, payload=PARTS, signature=PARTS)
def test_any_parts_are_read_or_malformed(header: str, payload: str, signature: str) -> None:
    try:
        read = read_compact(f"{header}.{payload}.{signature}")
    except JwsMalformed:
        return
    assert read.signing_input == f"{header}.{payload}".encode()
