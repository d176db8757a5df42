"""Requests as plain values."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.protect import Networks, Request, cookie
from boundgate.protect.request import read_cookies


def a_request(**scope: Any) -> Request:
    return Request(scope={"type": "http", "path": "/", "headers": [], "query_string": b""} | scope)


@given(st.lists(st.binary(max_size=60), max_size=3))
def test_any_cookie_fields_can_be_read(fields: list[bytes]) -> None:
    assert all(isinstance(value, str) for value in read_cookies(fields).values())


def test_of_equal_names_the_first_counts_and_nothing_is_quoted() -> None:
    fields = [b'a="; sid=1; b="', b"sid=2;c; =x"]
    assert read_cookies(fields) == {"a": '"', "sid": "1", "b": '"', "": "x"}


def test_a_cookie_names_the_session_unless_it_is_empty() -> None:
    assert cookie("sid")(a_request(headers=[(b"cookie", b"sid=7")])) == "7"
    assert cookie("sid")(a_request(headers=[(b"cookie", b"sid=")])) is None
    assert cookie("sid")(a_request()) is None
    assert cookie("sid").all(a_request(headers=[(b"cookie", b"sid=7; sid="), (b"cookie", b"sid=8")])) == ["7", "8"]


@pytest.mark.parametrize(
    ("scope", "target"),
    [
        ({"path": "/a b", "raw_path": b"/a%20b", "query_string": b"x=1&y=%2F"}, "/a%20b?x=1&y=%2F"),
        ({"path": "/a\r\nb"}, "/a%0D%0Ab"),
        ({"path": "//evil.example/x", "raw_path": b"//evil.example/x"}, "/evil.example/x"),
        ({"path": "/x", "raw_path": b"https://evil.example/x"}, "/x"),
        ({"path": "/x", "raw_path": b"/x?y=1", "query_string": b"y=1"}, "/x?y=1"),
        ({"path": "/ü"}, "/%C3%BC"),
        ({"path": "/a?b", "raw_path": b"/a%3Fb"}, "/a%3Fb"),
        ({"path": "/\\evil", "raw_path": b"/\\evil"}, "/%5Cevil"),
    ],
)
def test_a_redirect_goes_where_the_request_went_and_nowhere_else(scope: dict[str, Any], target: str) -> None:
    assert a_request(**scope).target == target


@given(path=st.text(max_size=30), raw=st.none() | st.binary(max_size=30), query=st.binary(max_size=30))
def test_no_target_leaves_the_origin_or_breaks_a_header(path: str, raw: bytes | None, query: bytes) -> None:
    try:
        target = a_request(path="/" + path, raw_path=raw, query_string=query).target
    except UnicodeEncodeError:
        return  # no server decodes a path to half a surrogate pair
    assert target[0] == "/"
    assert target[1:2] not in {"/", "\\"}
    assert target.isascii()
    assert target.isprintable()


def test_a_websocket_is_asked_for_by_get() -> None:
    assert a_request(type="websocket").method == "GET"


def test_a_proxys_word_is_taken_from_trusted_proxies_only() -> None:
    scope = {"client": ("10.0.0.1", 1), "headers": [(b"x-forwarded-for", b"203.0.113.9")]}
    trusting = Networks(trusted_proxies=(ipaddress.ip_network("10.0.0.0/8"),))
    assert trusting.prefix_of(scope) == Networks().prefix_of({"client": ("203.0.113.77", 1), "headers": []})
    assert Networks().prefix_of(scope) == Networks().prefix_of({"client": ("10.0.0.200", 1), "headers": []})
    assert Networks(ipv4_bits=0).prefix_of(scope) == Networks(ipv4_bits=0).prefix_of({"client": ("9.9.9.9", 1)})
    assert Networks().prefix_of({"client": None, "headers": []}) == Networks().prefix_of({"headers": []})
