from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.oauth.errors import InvalidRequest
from boundgate.oauth.parameters import MAX_BYTES, MAX_PARAMETERS, read_parameters, required

NAMES = st.from_regex(r"[A-Za-z0-9_.:-]{1,64}", fullmatch=True)
VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200)


@given(st.dictionaries(NAMES, VALUES, max_size=20))
def test_what_urlencode_writes_is_read_back(parameters: dict[str, str]) -> None:
    assert read_parameters(urlencode(parameters).encode()) == parameters


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode) | st.from_regex(rb"[a-c=&%0-9+]{0,40}"))
def test_anything_else_is_read_or_refused(encoded: bytes) -> None:
    try:
        found = read_parameters(encoded)
    except InvalidRequest:
        return
    for name, value in found.items():
        assert name
        assert value
        assert value.isprintable() or not any(char < " " for char in value)


@pytest.mark.parametrize("name", ["state", "st%61te"])
def test_a_name_that_stands_twice_is_refused_however_it_is_written(name: str) -> None:
    with pytest.raises(InvalidRequest, match="twice"):
        read_parameters(f"state=a&{name}=b".encode())
    with pytest.raises(InvalidRequest, match="twice"):
        read_parameters(f"state=&{name}=".encode())


def test_a_parameter_without_a_value_is_left_out() -> None:
    assert read_parameters(b"a=&b&c=1&&") == {"c": "1"}


def test_what_browsers_leave_as_it_is_is_read() -> None:
    assert read_parameters(b"state=a|b{c}^<d>'\"`\\") == {"state": "a|b{c}^<d>'\"`\\"}


def test_plus_is_a_space_and_an_equals_sign_may_stand_in_a_value() -> None:
    assert read_parameters(b"a=b+c&d=e%3Df=g") == {"a": "b c", "d": "e=f=g"}


@pytest.mark.parametrize(
    "encoded",
    [
        b"a=%00",
        b"a=%0a",
        b"a=%7F",
        b"a=%ff",
        b"a=%",
        b"a=%zz",
        b"a=\xc3\xa9",
        b"=1",
        b"%20=1",
        b"a b=1",
        b"&".join(b"n%d=1" % number for number in range(MAX_PARAMETERS + 1)),
        b"a=" + b"x" * MAX_BYTES,
    ],
)
def test_what_no_client_sends_is_refused(encoded: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read_parameters(encoded)


def test_required_names_what_is_missing() -> None:
    assert required({"code": "x"}, "code") == "x"
    with pytest.raises(InvalidRequest) as caught:
        required({}, "code")
    assert caught.value.param == "code"
