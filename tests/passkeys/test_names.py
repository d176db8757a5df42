from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.errors import BadRequest
from boundgate.passkeys.names import passkey_name, user_name


@pytest.mark.parametrize("text", ["a", "Ada Lovelace", "Łukasz", "李小龍", "x" * 64, "it's 😀"])
def test_ordinary_names_are_kept(text):
    assert user_name(text) == text


def test_names_are_normalised_and_stripped():
    assert user_name("  Ame\u0301lie\n") == "Am\u00e9lie"


def test_length_is_counted_after_normalising():
    assert len(user_name("e\u0301" * 64)) == 64


@pytest.mark.parametrize(
    "text",
    ["", "   ", "x" * 65, "x" * 100_000, "a\x00b", "a\nb", "a\u202eb", "a\u2066b", "a\u200bb", "a\ud800b", "a\u2028b"],
)
def test_names_that_mislead_or_do_not_fit_are_refused(text):
    with pytest.raises(BadRequest) as caught:
        user_name(text)
    assert caught.value.param == "name"


def test_a_passkey_without_a_name_gets_one():
    assert passkey_name(" ") == "Passkey"


def test_a_passkeys_name_follows_the_same_rules():
    with pytest.raises(BadRequest):
        passkey_name("my\x1bkey")


@given(st.text())
def test_any_text_gives_a_settled_name_or_a_declared_error(text):
    try:
        name = user_name(text)
    except BadRequest:
        return
    assert 1 <= len(name) <= 64
    assert unicodedata.is_normalized("NFC", name)
    assert user_name(name) == name
