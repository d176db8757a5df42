"""The cases of `scope.json`: which requests a session cares for, and whose requests make the browser refresh."""

from __future__ import annotations

from typing import Any

Case = dict[str, Any]
ORIGIN = "https://example.test:8443"
SERVING_URL = f"{ORIGIN}/dbsc/register"


def document(*, include_site: bool = False, rules: list[dict[str, Any]] | None = None, **members: Any) -> Case:
    return {
        "session_identifier": "sid-1",
        "refresh_url": "/dbsc/refresh",
        "scope": {"origin": ORIGIN, "include_site": include_site, "scope_specification": rules or []},
        "credentials": [{"type": "cookie", "name": "bound", "attributes": "Domain=example.test; Path=/; Secure"}],
    } | members


def urls(name: str, content: Case, **verdicts: list[str]) -> list[Case]:
    """One case for each URL that is `inside` and each that is `outside`."""
    return [
        {
            "name": f"{name}: {url}",
            "input": {"document": content, "serving_url": SERVING_URL, "url": url},
            "expected": {"ok": where == "inside"},
        }
        for where, found in verdicts.items()
        for url in found
    ]


def initiators(name: str, content: Case, **verdicts: list[str | None]) -> list[Case]:
    """One case for each initiator that is `allowed` and each that is `ignored`; null is the browser itself."""
    return [
        {
            "name": f"{name}, initiator: {initiator}",
            "input": {"document": content, "serving_url": SERVING_URL, "initiator": initiator},
            "expected": {"ok": verdict == "allowed"},
        }
        for verdict, found in verdicts.items()
        for initiator in found
    ]


def rule(kind: str, **members: str) -> dict[str, str]:
    return {"type": kind} | members


def origin_scope() -> list[Case]:
    static = document(rules=[rule("exclude", path="/static"), rule("include", path="/static/app")])
    slash = document(rules=[rule("exclude", path="/static/")])
    last = document(rules=[rule("include", path="/a/b"), rule("exclude", path="/a")])
    return [
        *urls(
            "origin scope",
            document(),
            inside=[ORIGIN, f"{ORIGIN}/", f"{ORIGIN}/a/b?c#d", "wss://example.test:8443/socket", f"{ORIGIN}/dbsc"],
            outside=[
                "https://example.test/",
                "https://example.test:8444/",
                "http://example.test:8443/",
                "https://app.example.test:8443/",
                "https://other.test:8443/",
                "ws://example.test:8443/socket",
                "data:text/plain,x",
            ],
        ),
        *urls(
            "the refresh URL's path prefix",
            document(),
            inside=[f"{ORIGIN}/dbsc/register", f"{ORIGIN}/dbsc/refreshed", f"{ORIGIN}/dbsc/refres"],
            outside=[f"{ORIGIN}/dbsc/refresh", f"{ORIGIN}/dbsc/refresh/", f"{ORIGIN}/dbsc/refresh/x?y"],
        ),
        *urls(
            "a short refresh URL",
            document(refresh_url="/dbsc"),
            inside=[f"{ORIGIN}/dbscx", f"{ORIGIN}/a/dbsc"],
            outside=[f"{ORIGIN}/dbsc", f"{ORIGIN}/dbsc?y", f"{ORIGIN}/dbsc/register"],
        ),
        *urls(
            "an escaped refresh URL",
            document(refresh_url="/dbsc%2Frefre%73h"),
            inside=[f"{ORIGIN}/dbsc%2Frefresh"],
            outside=[f"{ORIGIN}/dbsc/refresh"],
        ),
        *urls(
            "a rule cannot bring the refresh URL back",
            document(rules=[rule("include", path="/dbsc/refresh")]),
            outside=[f"{ORIGIN}/dbsc/refresh"],
        ),
        *urls(
            "the last rule that matches",
            static,
            inside=[f"{ORIGIN}/static/app", f"{ORIGIN}/static/app/x", f"{ORIGIN}/staticx", f"{ORIGIN}/a/static"],
            outside=[f"{ORIGIN}/static", f"{ORIGIN}/static/", f"{ORIGIN}/static/apple", f"{ORIGIN}/a/../static/x"],
        ),
        *urls("a broader rule at the end", last, inside=[f"{ORIGIN}/ab"], outside=[f"{ORIGIN}/a/b"]),
        *urls(
            "a rule that ends with a slash",
            slash,
            inside=[f"{ORIGIN}/static"],
            outside=[f"{ORIGIN}/static/", f"{ORIGIN}/static/x"],
        ),
        *urls(
            "a refresh URL on a subdomain excludes nothing here",
            document(refresh_url="https://app.example.test:8443/dbsc/refresh"),
            inside=[f"{ORIGIN}/dbsc/refresh"],
        ),
    ]


def site_scope() -> list[Case]:
    shared = document(
        include_site=True, rules=[rule("exclude", domain="*"), rule("include", domain="app.example.test")]
    )
    below = document(include_site=True, rules=[rule("exclude", domain="*.example.test", path="/pub")])
    app, evil = "https://app.example.test:8443", "https://evil.example.test:8443"
    return [
        *urls(
            "site scope",
            document(include_site=True),
            inside=[f"{ORIGIN}/", f"{app}/", "https://a.b.example.test/", "https://example.test:1/"],
            outside=["http://example.test:8443/", "https://other.test:8443/", "https://badexample.test:8443/"],
        ),
        *urls(
            "site scope, shared by name",
            shared,
            inside=[f"{app}/", f"{app}/dbsc/refresh", "https://app.example.test/"],
            outside=[f"{ORIGIN}/", f"{evil}/", "https://x.app.example.test:8443/", "http://app.example.test:8443/"],
        ),
        *urls(
            "site scope, a rule for what lies below",
            below,
            inside=[f"{ORIGIN}/pub", f"{app}/public"],
            outside=[f"{app}/pub", f"{app}/pub/x", f"{ORIGIN}/dbsc/refresh"],
        ),
    ]


def who_may_start_it() -> list[Case]:
    listed = document(allowed_refresh_initiators=["idp.test", "*.example.org", "https://url.test"])
    return [
        *initiators(
            "origin scope",
            document(),
            allowed=[None, ORIGIN],
            ignored=["https://example.test", "https://app.example.test:8443", "https://other.test", "null"],
        ),
        *initiators(
            "site scope",
            document(include_site=True),
            allowed=[None, ORIGIN, "https://app.example.test", "https://example.test"],
            ignored=["http://example.test", "https://other.test", "null"],
        ),
        *initiators(
            "listed",
            listed,
            allowed=["https://idp.test", "https://idp.test:1", "http://idp.test", "https://a.b.example.org"],
            ignored=["https://example.org", "https://x.idp.test", "https://url.test", "https://badexample.org", "null"],
        ),
        *initiators("all", document(allowed_refresh_initiators=["*"]), allowed=["https://any.test"], ignored=["null"]),
    ]


def scope_cases() -> list[Case]:
    return [*origin_scope(), *site_scope(), *who_may_start_it()]
