"""Session instructions: what Chromium 156 accepts, or nothing at all."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import (
    BoundCredential,
    ConfigurationError,
    Instructions,
    ScopeRule,
    SiteScope,
    check_answer,
    in_scope,
)

BOUND, FRESH = BoundCredential("__Host-bg-bound"), BoundCredential("__Host-bg-fresh")
WIDE = BoundCredential("wide", domain="example.test")
APP, APEX = "https://app.example.test:8443", "https://example.test:8443"
SESSION_ID = st.from_regex(r"[A-Za-z0-9_-]{1,128}", fullmatch=True)


def instructions(**changed: Any) -> Instructions:
    fields = {
        "origin": "https://gateway.example:8443",
        "refresh_path": "/dbsc/refresh",
        "excluded_paths": ("/dbsc", "/static"),
        "credentials": (BOUND, FRESH),
    }
    return Instructions(**fields | changed)


def shared(**changed: Any) -> Instructions:
    """A session of the site, registered at the application's host and shared with the apex."""
    fields = {
        "origin": APEX,
        "registration_origin": APP,
        "credentials": (WIDE,),
        "site": SiteScope(shared_with=("example.test",)),
    }
    return instructions(**fields | changed)


def refusals(**changed: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        instructions(**changed)
    return [problem.code for problem in refused.value.problems]


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


@given(session_id=SESSION_ID)
def test_an_identifier_comes_back_unchanged_and_the_browser_accepts_all_of_it(session_id: str) -> None:
    body = instructions().body(session_id)
    assert json.loads(body)["session_identifier"] == session_id
    url = "https://gateway.example:8443/dbsc/register"
    lines = [credential.set_cookie("v", max_age_seconds=300) for credential in (BOUND, FRESH)]
    assert check_answer(body, serving_url=url, set_cookies=lines, expected_session_id=session_id) == []


@given(session_id=st.text() | st.just("ID\n") | st.just("\u0661"))
def test_any_other_identifier_is_refused(session_id: str) -> None:
    if re.fullmatch(r"[A-Za-z0-9_-]{1,128}", session_id):
        assert session_id.encode() in instructions().body(session_id)
        return
    with pytest.raises(ValueError, match="session identifier"):
        instructions().body(session_id)


def test_nothing_but_the_identifier_differs_between_sessions() -> None:
    one, other = instructions().body("ID"), instructions().body("sid-2")
    assert one.replace(b'"ID"', b'"sid-2"') == other


def test_the_end_of_a_session_names_it_first() -> None:
    assert instructions().ended("sid-1") == b'{"session_identifier":"sid-1","continue":false}'


def test_initiators_and_further_rules_are_written_in_their_order() -> None:
    rules = (ScopeRule.include(path="/static/app"), ScopeRule.exclude(domain="gateway.example", path="/x"))
    made = instructions(rules=rules, allowed_refresh_initiators=("idp.test", "*.example.org"))
    document = json.loads(made.body("s"))
    assert document["scope"]["scope_specification"][2:] == [
        {"type": "include", "domain": "*", "path": "/static/app"},
        {"type": "exclude", "domain": "gateway.example", "path": "/x"},
    ]
    assert document["allowed_refresh_initiators"] == ["idp.test", "*.example.org"]
    assert made.scope.may_initiate("https://a.example.org")
    assert in_scope("https://gateway.example:8443/static/app", made)


def test_no_exclusions_is_an_empty_list() -> None:
    assert json.loads(instructions(excluded_paths=()).body("s"))["scope"]["scope_specification"] == []


@pytest.mark.parametrize("origin", ["https://localhost:8443", "https://127.0.0.1", "https://[::1]:8443"])
def test_an_origin_scope_needs_no_registrable_domain(origin: str) -> None:
    assert json.loads(instructions(origin=origin).body("s"))["scope"]["origin"] == origin


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        ("", "invalid_scope_origin"),
        ("gateway.example", "invalid_scope_origin"),
        ("https://", "invalid_scope_origin"),
        ("https://[::1", "invalid_scope_origin"),
        ("https://gateway.example/", "scope_origin_contains_path"),
        ("https://gateway.example/app", "scope_origin_contains_path"),
        ("https://gateway.example?x", "origin_not_canonical"),
        ("https://gateway.example#x", "origin_not_canonical"),
        ("HTTPS://gateway.example", "origin_not_canonical"),
        (" https://gateway.example", "origin_not_canonical"),
        ("https://gateway.example:443", "origin_not_canonical"),
        ("https://b\u00fccher.example", "origin_not_canonical"),
        ("http://gateway.example", "serving_url_not_https"),
        ("http://localhost", "serving_url_not_https"),
    ],
)
def test_an_origin_that_chromium_would_refuse_is_refused(origin: str, code: str) -> None:
    assert refusals(origin=origin)[0] == code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"credentials": ()}, "no_credentials"),
        ({"credentials": (BoundCredential("a", domain="other.example"),)}, "invalid_credentials_cookie_invalid_domain"),
        ({"credentials": (BoundCredential("a", domain="example"),)}, "invalid_credentials_cookie_invalid_domain"),
        ({"credentials": (BOUND, BoundCredential("__Host-bg-bound", same_site="Strict"))}, "credential_twice"),
        ({"refresh_path": "https://other.example/r"}, "refresh_url_same_site_mismatch"),
        ({"refresh_path": "http://gateway.example:8443/r"}, "invalid_refresh_url"),
        ({"refresh_path": "https://[/r"}, "invalid_refresh_url"),
        ({"refresh_path": "dbsc"}, "refresh_path_relative"),
        ({"refresh_path": ""}, "refresh_url_covers_scope"),
        ({"refresh_path": "/"}, "refresh_url_covers_scope"),
        ({"refresh_path": "https://app.gateway.example/r"}, "cross_origin_registration_site_not_included"),
        ({"registration_origin": "https://app.gateway.example"}, "cross_origin_registration_site_not_included"),
        ({"registration_origin": "https://other.example"}, "scope_origin_same_site_mismatch"),
        ({"registration_origin": "gateway.example"}, "invalid_scope_origin"),
        ({"excluded_paths": ("/a", "b")}, "invalid_scope_rule_path"),
        ({"excluded_paths": ("/a?b",)}, "rule_never_matches"),
        ({"excluded_paths": ("/",)}, "scope_is_empty"),
        ({"rules": (ScopeRule.exclude(domain="a.*"),)}, "invalid_scope_rule_host_pattern"),
        ({"rules": (ScopeRule.exclude(domain=""),)}, "empty_scope_specification_domain"),
        ({"rules": (ScopeRule.exclude(path=""),)}, "empty_scope_specification_path"),
        (
            {"rules": (ScopeRule.exclude(domain="app.gateway.example"),)},
            "scope_rule_origin_scoped_host_pattern_mismatch",
        ),
        ({"allowed_refresh_initiators": ("",)}, "refresh_initiator_invalid_host_pattern"),
        ({"allowed_refresh_initiators": ("https://idp.test",)}, "initiator_never_matches"),
        ({"refresh_path": "/account", "protected_paths": ("/account/keys",)}, "protected_path_excluded"),
        ({"protected_paths": ("/", "/static/x")}, "protected_path_excluded"),
        ({"site": SiteScope(shared_with=("a.gateway.example",))}, "shared_host_without_cookie"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(changed: dict[str, Any], code: str) -> None:
    assert refusals(**changed)[0] == code


@pytest.mark.parametrize("origin", ["https://localhost:8443", "https://127.0.0.1", "https://app.gateway.example"])
def test_a_site_scope_needs_the_registrable_domain(origin: str) -> None:
    codes = refusals(origin=origin, site=SiteScope(shared_with=("x.gateway.example",)))
    assert codes[0] == "invalid_scope_include_site"


def test_a_site_scope_holds_the_hosts_that_are_named_and_no_others() -> None:
    made = shared(site=SiteScope(shared_with=("pay.example.test",)))
    document = json.loads(made.body("s"))
    assert document["scope"]["include_site"] is True
    assert document["scope"]["scope_specification"] == [
        {"type": "exclude", "domain": "*", "path": "/"},
        {"type": "include", "domain": "app.example.test", "path": "/"},
        {"type": "include", "domain": "pay.example.test", "path": "/"},
        {"type": "exclude", "domain": "*", "path": "/dbsc"},
        {"type": "exclude", "domain": "*", "path": "/static"},
    ]
    assert in_scope("https://app.example.test/", made)
    assert in_scope("https://pay.example.test/", made)
    for host in ("example.test", "evil.example.test", "x.pay.example.test"):
        assert not in_scope(f"https://{host}/", made)
    assert not in_scope("https://pay.example.test/static/x", made)


def test_a_site_scope_registered_below_the_apex_needs_the_well_known_document() -> None:
    assert shared().needs_well_known
    assert shared().well_known_url == "https://example.test:8443/.well-known/device-bound-sessions"
    at_the_apex = shared(registration_origin=None, site=SiteScope(shared_with=("app.example.test",)))
    assert not at_the_apex.needs_well_known
    assert not instructions().needs_well_known


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"site": SiteScope(shared_with=("app.example.test",))}, "shared_with_nobody"),
        ({"site": SiteScope(shared_with=())}, "shared_with_nobody"),
        ({"site": SiteScope(shared_with=("*.example.test",))}, "shared_host_pattern"),
        ({"site": SiteScope(shared_with=("PAY.example.test",))}, "rule_never_matches"),
        ({"site": SiteScope(shared_with=("other.test",))}, "scope_rule_site_scoped_host_pattern_mismatch"),
        ({"rules": (ScopeRule.include(domain="*", path="/x"),)}, "rule_shares_more"),
        ({"rules": (ScopeRule.include(domain="evil.example.test"),)}, "rule_shares_more"),
        ({"credentials": (BoundCredential("__Host-a"),)}, "shared_host_without_cookie"),
        ({"origin": "https://app.example.test:8443"}, "invalid_scope_include_site"),
        ({"registration_origin": "https://app.other.test:8443"}, "scope_origin_same_site_mismatch"),
    ],
)
def test_a_site_scope_that_shares_more_or_less_than_it_says_is_refused(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        shared(**changed)
    assert refused.value.problems[0].code == code


def test_a_refresh_on_another_host_of_the_site_is_judged_there_too() -> None:
    assert shared(refresh_path=f"{APEX}/dbsc/refresh").refresh_url == f"{APEX}/dbsc/refresh"
    with pytest.raises(ConfigurationError, match="the host that set it last"):
        shared(refresh_path=f"{APEX}/dbsc/refresh", credentials=(WIDE, BOUND))
    narrow = BoundCredential("narrow", domain="app.example.test")
    with pytest.raises(ConfigurationError, match="InvalidCredentialsCookieInvalidDomain"):
        shared(refresh_path=f"{APEX}/dbsc/refresh", credentials=(WIDE, narrow))


def test_all_that_is_wrong_is_said_at_once_and_once() -> None:
    codes = refusals(refresh_path="http://x/r", excluded_paths=("a", "b"), credentials=())
    assert codes == ["no_credentials"], "the document itself cannot be read further"
    codes = refusals(excluded_paths=("a", "b"), allowed_refresh_initiators=("", "A"))
    assert codes == [
        "invalid_scope_rule_path",
        "invalid_scope_rule_path",
        "refresh_initiator_invalid_host_pattern",
        "initiator_never_matches",
    ]
