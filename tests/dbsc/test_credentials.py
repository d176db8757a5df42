"""Credentials: one object for the cookie and for what the instructions say of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import BoundCredential, ConfigurationError, check_instructions
from boundgate.dbsc.cookie_attributes import read_attributes, split_set_cookie

BOUND = BoundCredential("__Host-bg-bound")
ANY_TEXT = st.text(max_size=20) | st.text('_Host-Sec; =,.\x00\n"', max_size=20)


def refusal(*arguments: Any, **options: Any) -> str | None:
    """The code of what a credential is refused for."""
    with pytest.raises(ConfigurationError) as refused:
        BoundCredential(*arguments, **options)
    return refused.value.problems[0].code


@pytest.mark.parametrize(
    ("credential", "attributes"),
    [
        (BOUND, "Path=/; Secure; HttpOnly; SameSite=Lax"),
        (BoundCredential("a", domain="example.test"), "Domain=example.test; Path=/; Secure; HttpOnly; SameSite=Lax"),
        (BoundCredential("a", path="/app", plantable=True), "Path=/app; Secure; HttpOnly; SameSite=Lax"),
        (BoundCredential("__Host-a", http_only=False, same_site="Strict"), "Path=/; Secure; SameSite=Strict"),
        (BoundCredential("a", secure=False, same_site=None, plantable=True), "Path=/; HttpOnly"),
        (BoundCredential("__Secure-a", domain="example.test", same_site="None", http_only=False), None),
    ],
)
def test_the_cookie_has_the_attributes_that_the_instructions_name(credential: BoundCredential, attributes: str) -> None:
    assert attributes in {None, credential.attributes}
    for line in (credential.set_cookie("v1.x", max_age_seconds=300), credential.expire()):
        split = split_set_cookie(line)
        assert split is not None
        assert split[0] == credential.name
        assert {name: value for name, value in split[1].items() if name != "max-age"} == read_attributes(
            credential.attributes
        )


def test_a_cookie_carries_its_value_and_its_life() -> None:
    assert BOUND.set_cookie("v1.a.b", max_age_seconds=300) == (
        "__Host-bg-bound=v1.a.b; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=300"
    )


def test_expiring_a_cookie_empties_it_at_once() -> None:
    assert BOUND.expire() == "__Host-bg-bound=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"


@pytest.mark.parametrize("value", ["a;b", "a b", "a,b", 'a"b', "a\\b", "a\r\nSet-Cookie: x=y", "a\x7f", "\u00e9"])
def test_a_value_cannot_bring_attributes_or_headers_of_its_own(value: str) -> None:
    with pytest.raises(ValueError, match="cookie's value"):
        BOUND.set_cookie(value, max_age_seconds=300)


@pytest.mark.parametrize("name", ["bg-bound", "__Secure-bg-bound", "__Http-bg", "x__Host-bg", "__host-bg-bound"])
def test_a_cookie_that_a_sibling_host_could_plant_must_be_called_so(name: str) -> None:
    assert refusal(name) == "cookie_plantable"
    assert BoundCredential(name, plantable=True).name == name
    if not name.lower().startswith("__host-"):
        assert BoundCredential(name, domain="example.test").domain == "example.test"


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        ("", {}, "invalid_credentials_empty_name"),
        ("a=b", {}, "invalid_credentials_cookie_name"),
        ("a;b", {}, "invalid_credentials_cookie_name"),
        ("a\nb", {}, "invalid_credentials_cookie_name"),
        ("__Host-a b", {}, "cookie_name_no_token"),
        ("__Host-\u00e9", {}, "cookie_name_no_token"),
        ("__Host-a", {"secure": False}, "invalid_credentials_cookie_prefix"),
        ("__Host-a", {"path": "/app"}, "invalid_credentials_cookie_prefix"),
        ("__Host-a", {"domain": "example.test"}, "invalid_credentials_cookie_prefix"),
        ("__Secure-a", {"secure": False}, "invalid_credentials_cookie_prefix"),
        ("__Http-a", {"http_only": False}, "invalid_credentials_cookie_prefix"),
        ("__Host-Http-a", {}, "invalid_credentials_cookie"),
        ("a", {"secure": False, "same_site": "None"}, "bound_cookie_set_forbidden"),
        ("a", {"path": ""}, "cookie_path_relative"),
        ("a", {"path": "app"}, "cookie_path_relative"),
        ("a", {"path": "/; Max-Age=1"}, "cookie_path_relative"),
        ("a", {"path": "/\x00"}, "invalid_credentials_cookie_parsing"),
        ("a", {"domain": "a b"}, "invalid_credentials_cookie_invalid_domain"),
        ("a", {"domain": "example.test; Max-Age=1"}, "invalid_credentials_cookie_invalid_domain"),
        ("a", {"domain": "."}, "invalid_credentials_cookie_invalid_domain"),
        ("a", {"domain": "https://example.test"}, "invalid_credentials_cookie_invalid_domain"),
    ],
)
def test_what_chromium_would_refuse_is_refused(name: str, options: dict[str, Any], code: str) -> None:
    assert refusal(name, **options) == code


@pytest.mark.parametrize(
    "attribute", ["Max-Age=5", "Expires=Wed, 01 Jan 2098 00:00:00 GMT", "Partitioned", "Priority=High", "X"]
)
def test_attributes_that_chromium_does_not_permit_are_named(attribute: str) -> None:
    with pytest.raises(ConfigurationError, match="InvalidCredentialsCookieUnpermittedAttribute") as refused:
        BoundCredential.from_attributes("__Host-a", f"Path=/; Secure; {attribute}")
    assert attribute.partition("=")[0].lower() in str(refused.value)


def test_attributes_as_text_make_the_same_credential() -> None:
    assert BoundCredential.from_attributes("__Host-bg-bound", "samesite=lax; httponly; path=/; SECURE") == BOUND
    domain = BoundCredential.from_attributes("a", "Domain=example.test; Path=/x; SameSite=None; Secure")
    assert domain == BoundCredential("a", path="/x", domain="example.test", same_site="None", http_only=False)
    assert BoundCredential.from_attributes("a", "Path=/; SameSite=odd", plantable=True).same_site is None


@pytest.mark.parametrize(("attributes", "match"), [("Secure", "directory"), ("Path=/; \x01", "Parsing")])
def test_attributes_as_text_must_be_whole(attributes: str, match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        BoundCredential.from_attributes("__Host-a", attributes)


@given(
    name=ANY_TEXT,
    path=st.just("/") | ANY_TEXT,
    domain=st.none() | st.just("example.test") | ANY_TEXT,
    same_site=st.sampled_from(["Lax", "Strict", "None", None]),
    http_only=st.booleans(),
    secure=st.booleans(),
)
def test_a_credential_that_can_be_made_satisfies_itself(name: str, **options: Any) -> None:
    try:
        credential = BoundCredential(name, plantable=True, **options)
    except ConfigurationError:
        return
    host = (credential.domain or "example.test").removeprefix(".")
    document = {
        "session_identifier": "s",
        "scope": {"include_site": False},
        "credentials": [{"type": "cookie", "name": credential.name, "attributes": credential.attributes}],
    }
    line = credential.set_cookie("v", max_age_seconds=300)
    assert check_instructions(document, serving_url=f"https://{host}/r", set_cookies=[line]) == []


@given(name=ANY_TEXT, attributes=ANY_TEXT | st.text("Path=/; SecureDomainx", max_size=40))
def test_any_attributes_make_a_credential_or_are_refused(name: str, attributes: str) -> None:
    try:
        credential = BoundCredential.from_attributes(name, attributes, plantable=True)
    except ConfigurationError:
        return
    assert BoundCredential.from_attributes(name, credential.attributes, plantable=True) == credential
