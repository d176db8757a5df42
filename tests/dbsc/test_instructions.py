"""Session instructions: what Chromium 156 accepts, and cookies that match them to the letter."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import BoundCredential, Instructions

BOUND, FRESH = BoundCredential("__Host-bg-bound"), BoundCredential("__Host-bg-fresh")
COMPARED = {"path", "secure", "httponly", "samesite"}


def instructions(**changed: Any) -> Instructions:
    fields = {
        "origin": "https://gateway.example:8443",
        "refresh_path": "/dbsc/refresh",
        "excluded_paths": ("/dbsc", "/static"),
        "credentials": (BOUND, FRESH),
    }
    return Instructions(**fields | changed)


def attributes(text: str) -> dict[str, str]:
    """Attributes as Chromium parses them, from the text behind `name=value;`."""
    parts = [part.strip().partition("=") for part in text.split(";") if part.strip()]
    return {name.lower(): value for name, _, value in parts}


def test_the_document_is_exactly_what_the_browser_needs() -> None:
    assert json.loads(instructions().body("sid-1")) == {
        "session_identifier": "sid-1",
        "refresh_url": "/dbsc/refresh",
        "scope": {
            "origin": "https://gateway.example:8443",
            "include_site": False,
            "scope_specification": [
                {"type": "exclude", "domain": "gateway.example", "path": "/dbsc"},
                {"type": "exclude", "domain": "gateway.example", "path": "/static"},
            ],
        },
        "credentials": [
            {"type": "cookie", "name": "__Host-bg-bound", "attributes": "Path=/; Secure; HttpOnly; SameSite=Lax"},
            {"type": "cookie", "name": "__Host-bg-fresh", "attributes": "Path=/; Secure; HttpOnly; SameSite=Lax"},
        ],
    }


def test_the_document_is_compact_ascii_with_a_real_boolean() -> None:
    body = instructions().body("sid-1")
    assert body.isascii()
    assert body.startswith(b'{"session_identifier":"sid-1",')
    assert b'"include_site":false' in body


@given(session_id=st.text(min_size=1))
def test_any_identifier_comes_back_unchanged(session_id: str) -> None:
    assert json.loads(instructions().body(session_id))["session_identifier"] == session_id


def test_nothing_but_the_identifier_differs_between_sessions() -> None:
    one, other = instructions().body("sid-1"), instructions().body("sid-2")
    assert one.replace(b"sid-1", b"sid-2") == other


@pytest.mark.parametrize("cookie", [BOUND.set_cookie("v1.x", max_age_seconds=300), BOUND.expire()])
def test_the_cookie_has_the_attributes_that_the_instructions_name(cookie: str) -> None:
    (credential,) = json.loads(instructions(credentials=(BOUND,)).body("s"))["credentials"]
    pair, _, rest = cookie.partition(";")
    named, written = attributes(credential["attributes"]), attributes(rest)
    assert pair.partition("=")[0] == credential["name"]
    assert named == {name: value for name, value in written.items() if name != "max-age"}


def test_the_instructions_name_only_attributes_that_chromium_permits() -> None:
    assert attributes(BOUND.attributes).keys() == COMPARED
    assert attributes(BOUND.attributes)["path"] == "/"
    assert attributes(BOUND.attributes)["samesite"] == "Lax"


def test_a_cookie_carries_its_value_and_its_life() -> None:
    assert BOUND.set_cookie("v1.a.b", max_age_seconds=300) == (
        "__Host-bg-bound=v1.a.b; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=300"
    )


def test_expiring_a_cookie_empties_it_at_once() -> None:
    assert FRESH.expire() == "__Host-bg-fresh=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"


@pytest.mark.parametrize("name", ["", "bg-bound", "__Secure-bg-bound", "__host-bg-bound", "x__Host-bg", "__Http-bg"])
def test_a_cookie_that_a_sibling_host_could_plant_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="__Host-"):
        BoundCredential(name)


def test_instructions_without_credentials_are_refused() -> None:
    with pytest.raises(ValueError, match="no credentials"):
        instructions(credentials=())


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "gateway.example",
        "https://",
        "https://gateway.example/",
        "https://gateway.example/app",
        "https://gateway.example?x",
        "https://gateway.example#x",
        "HTTPS://gateway.example",
        "http://gateway.example",
        " https://gateway.example",
        "https://[::1",
    ],
)
def test_an_origin_that_chromium_would_refuse_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match=r"origin|IPv6"):
        instructions(origin=origin)


@pytest.mark.parametrize("paths", [{"refresh_path": "dbsc"}, {"refresh_path": ""}, {"excluded_paths": ("/a", "b")}])
def test_a_path_that_is_not_absolute_is_refused(paths: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="slash"):
        instructions(**paths)


def test_no_exclusions_is_an_empty_list() -> None:
    assert json.loads(instructions(excluded_paths=()).body("s"))["scope"]["scope_specification"] == []
