"""Hosts, sites and origins: what Chromium takes for the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc.hosts import (
    Origin,
    canonical_host,
    is_ip_address,
    is_valid_pattern,
    matches_pattern,
    read_origin,
    registrable_domain,
)

ANY_HOST = st.text(st.sampled_from("aB1-_.:*[]/@ \u00e9\u0661"), max_size=24) | st.text(max_size=12)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("example.test", "example.test"),
        ("a.b.example.test", "example.test"),
        ("www.example.co.uk", "example.co.uk"),
        ("EXAMPLE.Test", "example.test"),
        # The private section counts: everybody there is a site of its own.
        ("alice.github.io", "alice.github.io"),
        ("x.alice.github.io", "alice.github.io"),
        ("github.io", None),
        ("co.uk", None),
        ("test", None),
        ("localhost", None),
        ("127.0.0.1", None),
        ("[::1]", None),
        ("example..test", None),
        (".example.test", None),
        ("example.test:8443", None),
        ("", None),
        ("a." * 200 + "test", None),
    ],
)
def test_the_registrable_domain_is_the_public_suffix_and_one_label_more(host: str, domain: str | None) -> None:
    assert registrable_domain(host) == domain


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://example.test", "https://example.test"),
        ("https://EXAMPLE.test:443/a?b#c", "https://example.test"),
        ("https://example.test:8443", "https://example.test:8443"),
        ("http://example.test:80", "http://example.test"),
        ("http://example.test:443", "http://example.test:443"),
        ("https://[::0:1]:8443", "https://[::1]:8443"),
        ("https://127.0.0.1", "https://127.0.0.1"),
        ("https://b\u00fccher.test", "https://xn--bcher-kva.test"),
        ("https://user:pass@example.test", "https://example.test"),
    ],
)
def test_an_origin_is_written_as_browsers_serialize_it(url: str, text: str) -> None:
    assert str(read_origin(url)) == text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.test",
        "//example.test",
        "ftp://example.test",
        "data:,x",
        "https://",
        "https://:8443",
        "https://a..b",
        "https://example.test:99999",
        "https://[::1",
        "https://1.2.3",
        "https://ex ample.test",
        "null",
    ],
)
def test_what_has_no_origin_of_the_web_has_none(url: str) -> None:
    assert read_origin(url) is None


def test_a_site_is_scheme_and_registrable_domain_without_the_port() -> None:
    one, other = read_origin("https://a.example.test:1"), read_origin("https://b.example.test:2")
    assert one is not None
    assert other is not None
    assert one.site == other.site == ("https", "example.test")
    assert Origin("http", "example.test", 80).site != one.site
    assert Origin("https", "localhost", 1).site == Origin("https", "localhost", 2).site == ("https", "localhost")
    assert Origin("https", "a.localhost", 1).site != Origin("https", "b.localhost", 1).site


@given(url=st.text() | ANY_HOST.map(lambda host: f"https://{host}/x"))
def test_any_text_has_an_origin_or_none(url: str) -> None:
    origin = read_origin(url)
    if origin is not None:
        assert read_origin(str(origin)) == origin, "the serialization means the same"


def test_a_host_that_is_too_long_in_ascii_is_none() -> None:
    assert canonical_host(".".join("é" * 31)) == ".".join(["xn--9ca"] * 31)
    assert canonical_host(".".join("é" * 32)) is None


@given(host=ANY_HOST)
def test_a_canonical_host_is_canonical(host: str) -> None:
    canonical = canonical_host(host)
    if canonical is not None:
        assert canonical_host(canonical) == canonical
        assert canonical.isascii()
        assert canonical == canonical.lower()


@given(host=ANY_HOST)
def test_a_registrable_domain_lies_at_the_end_of_its_host_and_is_its_own(host: str) -> None:
    domain = registrable_domain(host)
    if domain is not None:
        assert (canonical_host(host) or "").removesuffix(".").endswith(domain.removesuffix("."))
        assert registrable_domain(domain) == domain


@pytest.mark.parametrize("pattern", ["*", "example.test", "*.example.test", "[::1]", " ", "https://example.test"])
def test_patterns_that_chromium_takes(pattern: str) -> None:
    assert is_valid_pattern(pattern)


@pytest.mark.parametrize("pattern", ["", "*example.test", "a.*.test", "*.*", "**", "*.a.*.test"])
def test_patterns_that_chromium_refuses(pattern: str) -> None:
    assert not is_valid_pattern(pattern)


def test_a_pattern_matches_all_itself_or_what_lies_below() -> None:
    assert matches_pattern("*", "example.test")
    assert matches_pattern("example.test", "example.test")
    assert matches_pattern("*.example.test", "a.b.example.test")
    assert not matches_pattern("*.example.test", "example.test")
    assert not matches_pattern("*.example.test", "badexample.test")
    assert not matches_pattern("example.test", "a.example.test")
    assert not matches_pattern("*.0.0.1", "127.0.0.1"), "an address has nothing below"


@given(pattern=ANY_HOST, host=ANY_HOST)
def test_any_pattern_is_compared_with_any_host(pattern: str, host: str) -> None:
    assert matches_pattern(pattern, host) in {True, False}
    assert is_valid_pattern(pattern) in {True, False}
    assert is_ip_address(host) in {True, False}
