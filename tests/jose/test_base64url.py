"""One text for one value: nothing but what `encode` writes is read."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.jose import base64url


@given(st.binary(max_size=80))
def test_it_is_the_standard_alphabet_without_padding(octets: bytes) -> None:
    text = base64url.encode(octets)
    assert text == base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
    assert base64url.decode(text) == octets


@given(st.text(max_size=40) | st.text("AZaz09-_+/= \n\u00e9", max_size=40))
def test_whatever_is_read_is_written_the_same(text: str) -> None:
    octets = base64url.decode(text)
    assert octets is None or base64url.encode(octets) == text


@pytest.mark.parametrize(
    "text", ["A", "AA=", "AA==", "AB", "AAB", "A A", "AA\n", "++++", "////", "AAA=", "\ud800AAA", "AAAAA"]
)
def test_other_alphabets_paddings_and_spare_bits_are_refused(text: str) -> None:
    assert base64url.decode(text) is None
