"""URLs of proofs: all spellings of one URL are one, and no two URLs are."""

from __future__ import annotations

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dpop.htu import MAX_URL_CHARS, is_same_url, normalised_url

OURS = "https://api.example.com/v1/chat/completions"


@pytest.mark.parametrize(
    "spelling",
    [
        OURS,
        "HTTPS://API.EXAMPLE.COM/v1/chat/completions",
        "https://api.example.com:443/v1/chat/completions",
        "https://api.example.com:0443/v1/chat/completions",
        "https://api.example.com:/v1/chat/completions",
        OURS + "?stream=true",
        OURS + "#there",
        OURS + "?a=b#c?d",
        OURS + "?x=https://elsewhere.example/",
        "https://api.example.com/v1/%63hat/completions",
        "https://api.example.com/v1/ch%61t/completion%73",
    ],
)
def test_spellings_of_one_url_are_one(spelling: str) -> None:
    assert is_same_url(spelling, OURS)
    assert normalised_url(spelling) == OURS


@pytest.mark.parametrize(
    "other",
    [
        "http://api.example.com/v1/chat/completions",
        "https://api.example.com:8443/v1/chat/completions",
        "https://api.example.com:80/v1/chat/completions",
        "https://api.example.com:0/v1/chat/completions",
        "https://api.example.com.evil.example/v1/chat/completions",
        "https://evil.example/v1/chat/completions",
        "https://api.example.com@evil.example/v1/chat/completions",
        "https://user@api.example.com/v1/chat/completions",
        "https://api.example.com/V1/chat/completions",
        "https://api.example.com/v1/chat/completions/",
        "https://api.example.com//v1/chat/completions",
        "https://api.example.com/v1/chat%2Fcompletions",
        "https://api.example.com/v1/./chat/completions",
        "https://api.example.com/v1/models/../chat/completions",
        "https://api.example.com/v1",
        "https://api.example.com",
        "https://api.example.com/v1/chat/completions%",
        "https://api.example.com/v1/chat/completions\n",
        " " + OURS,
        "//api.example.com/v1/chat/completions",
        "/v1/chat/completions",
        "",
        "https://",
        "https:///v1/chat/completions",
        "https://api.example.com\\v1/chat/completions",
        "https://\u00e4pi.example.com/v1/chat/completions",
        "https://api.example.com:99999999/v1/chat/completions",
        "https://\uff41pi.example.com/v1/chat/completions",
    ],
)
def test_another_url_is_another(other: str) -> None:
    assert not is_same_url(other, OURS)


def test_an_empty_path_is_the_root() -> None:
    assert is_same_url("https://api.example.com", "https://api.example.com/")
    assert normalised_url("https://api.example.com?x=1") == "https://api.example.com/"


def test_escapes_are_compared_without_case_and_reserved_ones_are_kept() -> None:
    assert normalised_url("https://a.example/%e4%2f%7E") == "https://a.example/%E4%2F~"
    assert not is_same_url("https://a.example/a%2Fb", "https://a.example/a/b")


def test_addresses_are_hosts() -> None:
    assert is_same_url("https://[2001:DB8::1]:443/a", "https://[2001:db8::1]/a")
    assert is_same_url("http://127.0.0.1:80/", "http://127.0.0.1/")
    assert not is_same_url("https://127.0.0.1/", "https://127.0.0.2/")


def test_a_long_url_is_none() -> None:
    assert normalised_url("https://a.example/" + "a" * MAX_URL_CHARS) is None


@given(st.text(max_size=60) | st.text("https:/abc.%41?#[]@:0", max_size=60))
def test_any_text_is_a_url_in_one_form_or_none(text: str) -> None:
    found = normalised_url(text)
    if found is not None:
        assert normalised_url(found) == found
        assert "?" not in found
        assert "#" not in found


@given(path=st.text(max_size=20), upper=st.booleans())
def test_quoting_does_not_change_a_url(path: str, upper: bool) -> None:
    quoted = quote(path.encode("utf-8", "replace"), safe="")
    other = "".join(f"%{byte:02x}" if not upper else f"%{byte:02X}" for byte in path.encode("utf-8", "replace"))
    one, two = (normalised_url(f"https://a.example/{text}") for text in (quoted, other))
    assert one == two
    assert one is not None
    assert unquote(one) == "https://a.example/" + path.encode("utf-8", "replace").decode()
