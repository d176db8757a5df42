"""Cookies as the browser stores them: what two of them are compared by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc.cookie_attributes import (
    StoredCookie,
    keeps_prefix,
    read_attributes,
    sent_to,
    split_set_cookie,
    stored,
)
from boundgate.dbsc.hosts import Origin

ORIGIN = Origin("https", "app.example.test", 443)
LINE = st.text(st.sampled_from('aD=;, \t"\x00\n\u00e9/.-_'), max_size=60) | st.text(max_size=40)


def cookie(attributes: str, *, name: str = "a", origin: Origin = ORIGIN, path: str = "/dbsc/register") -> StoredCookie:
    found = read_attributes(attributes)
    assert found is not None
    made = stored(name, found, origin=origin, path=path)
    assert made is not None
    return made


def test_attributes_are_read_in_any_case_order_and_spacing() -> None:
    assert read_attributes(" Path=/ ;SECURE; samesite = Lax;;") == {"path": "/", "secure": "", "samesite": "Lax"}


def test_of_equal_attributes_the_last_counts() -> None:
    assert read_attributes("Path=/a; Path=/b") == {"path": "/b"}


@pytest.mark.parametrize("text", ["Path=/\x00", "Path=/\r\nX: y", "\x7f"])
def test_a_control_character_spoils_the_line(text: str) -> None:
    assert read_attributes(text) is None
    assert split_set_cookie(f"a=1; {text}") is None


@pytest.mark.parametrize("line", ["", "=", "; Path=/", " = ; Path=/", "a\x01=b"])
def test_a_line_without_name_and_value_is_none(line: str) -> None:
    assert split_set_cookie(line) is None


def test_a_set_cookie_line_is_split_at_its_first_semicolon() -> None:
    assert split_set_cookie("a=b=c; Path=/x; Max-Age=5") == ("a", {"path": "/x", "max-age": "5"})
    assert split_set_cookie("value") == ("", {})


def test_defaults_come_from_the_serving_url() -> None:
    assert cookie("") == StoredCookie("a", "app.example.test", "/dbsc", False, False, None)
    assert cookie("Path=dbsc", path="/register").path == "/"


def test_a_missing_same_site_is_not_lax() -> None:
    assert cookie("Path=/").differs_in(cookie("Path=/; SameSite=Lax")) == ("same_site",)
    assert cookie("SameSite=lax") == cookie("SameSite=LAX")
    assert cookie("SameSite=whatever").same_site is None


@pytest.mark.parametrize(
    ("domain", "stored_domain"),
    [
        ("", "app.example.test"),
        ("example.test", ".example.test"),
        (".example.test", ".example.test"),
        ("EXAMPLE.test", ".example.test"),
        ("app.example.test", ".app.example.test"),
    ],
)
def test_a_domain_that_holds_the_host_makes_a_domain_cookie(domain: str, stored_domain: str) -> None:
    assert cookie(f"Domain={domain}").domain == stored_domain


@pytest.mark.parametrize(
    "domain", ["test", "other.test", "x.app.example.test", "badexample.test", "\u00e9.test", ".", "a b", "127.0.0.1"]
)
def test_a_foreign_domain_makes_none(domain: str) -> None:
    assert stored("a", {"domain": domain}, origin=ORIGIN, path="/") is None


def test_hosts_without_a_registrable_domain_take_their_own_name_only() -> None:
    for host in ("localhost", "github.io", "127.0.0.1"):
        origin = Origin("https", host, 443)
        assert cookie(f"Domain={host}", origin=origin).domain == host
        assert stored("a", {"domain": "io"}, origin=origin, path="/") is None


@pytest.mark.parametrize(
    ("name", "attributes", "kept"),
    [
        ("__Host-a", "Path=/; Secure", True),
        ("__host-a", "Path=/; Secure", True),
        ("__Host-a", "Path=/", False),
        ("__Host-a", "Secure", False),
        ("__HOST-a", "Path=/x; Secure", False),
        ("__Host-a", "Path=/; Secure; Domain=app.example.test", False),
        ("__Secure-a", "Secure", True),
        ("__Secure-a", "Path=/", False),
        ("__Http-a", "Secure; HttpOnly", True),
        ("__Http-a", "Secure", False),
        ("__Host-Http-a", "Path=/; Secure; HttpOnly", True),
        ("__Host-Http-a", "Path=/; Secure", False),
        ("a", "", True),
    ],
)
def test_a_prefix_is_kept_or_not(name: str, attributes: str, kept: bool) -> None:
    found = read_attributes(attributes) or {}
    assert keeps_prefix(cookie(attributes, name=name), found, origin=ORIGIN) is kept


def test_an_address_may_be_its_own_domain_under_the_host_prefix() -> None:
    origin = Origin("https", "127.0.0.1", 443)
    found = {"domain": "127.0.0.1", "path": "/", "secure": ""}
    made = stored("__Host-a", found, origin=origin, path="/")
    assert made is not None
    assert keeps_prefix(made, found, origin=origin)


def test_no_prefix_is_kept_without_tls() -> None:
    origin = Origin("http", "app.example.test", 80)
    assert not keeps_prefix(cookie("Secure", name="__Secure-a", origin=origin), {"secure": ""}, origin=origin)


def test_same_site_none_is_stored_with_secure_only() -> None:
    assert not cookie("SameSite=None").storable
    assert cookie("SameSite=None; Secure").storable
    assert cookie("SameSite=Lax").storable


def test_a_host_cookie_goes_to_its_host_and_a_domain_cookie_to_all_below() -> None:
    assert sent_to(cookie(""), "app.example.test")
    assert not sent_to(cookie(""), "example.test")
    domain = cookie("Domain=example.test")
    assert sent_to(domain, "example.test")
    assert sent_to(domain, "x.y.example.test")
    assert not sent_to(domain, "badexample.test")


@given(line=LINE)
def test_any_line_is_read_or_dropped(line: str) -> None:
    split = split_set_cookie(line)
    if split is not None:
        name, attributes = split
        made = stored(name, attributes, origin=ORIGIN, path="/dbsc/register")
        if made is not None:
            assert made.path.startswith("/")
            assert sent_to(made, ORIGIN.host)
            assert keeps_prefix(made, attributes, origin=ORIGIN) in {True, False}
