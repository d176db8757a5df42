"""The documents of `instructions.json`: what a server may answer a registration with, and what Chromium calls it.

Every name of an error is from `reference`: Chromium 156's `fetchResult`. `{port}` stands for the server's port.
"""

from __future__ import annotations

from typing import Any

Case = dict[str, Any]
SERVING_URL = "https://example.test:{port}/dbsc/register"
ORIGIN = "https://example.test:{port}"
NAME, ATTRIBUTES = "__Host-bound", "Path=/; Secure; HttpOnly; SameSite=Lax"
LINE = f"{NAME}=v1; {ATTRIBUTES}; Max-Age=300"
SUBDOMAIN_URL = "https://app.example.test:{port}/dbsc/register"
LEAVE_OUT: Any = object()


def document(**changed: Any) -> dict[str, Any]:
    """Good instructions with some members replaced, or left out."""
    members = {
        "session_identifier": "sid-1",
        "refresh_url": "/dbsc/refresh",
        "scope": scope(),
        "credentials": [credential()],
    } | changed
    return {name: value for name, value in members.items() if value is not LEAVE_OUT}


def scope(**changed: Any) -> dict[str, Any]:
    members = {"origin": ORIGIN, "include_site": False, "scope_specification": []} | changed
    return {name: value for name, value in members.items() if value is not LEAVE_OUT}


def site(*rules: dict[str, Any], origin: str = ORIGIN) -> dict[str, Any]:
    return scope(origin=origin, include_site=True, scope_specification=list(rules))


def credential(attributes: Any = ATTRIBUTES, *, name: Any = NAME, **changed: Any) -> dict[str, Any]:
    members = {"type": "cookie", "name": name, "attributes": attributes} | changed
    return {name: value for name, value in members.items() if value is not LEAVE_OUT}


def rule(**members: Any) -> dict[str, Any]:
    return {"type": "exclude"} | members


def case(
    name: str,
    given: dict[str, Any],
    expected: dict[str, Any],
    *,
    serving_url: str = SERVING_URL,
    set_cookies: list[str] | None = None,
) -> Case:
    lines = [LINE] if set_cookies is None else set_cookies
    return {"name": name, "input": given | {"serving_url": serving_url, "set_cookies": lines}, "expected": expected}


def accepted(name: str, content: dict[str, Any], **options: Any) -> Case:
    return case(name, {"document": content}, {"ok": True}, **options)


def refused(name: str, chrome: str, code: str, content: dict[str, Any], **options: Any) -> Case:
    return case(name, {"document": content}, {"error": code, "chrome": chrome}, **options)


def futile(name: str, code: str, content: dict[str, Any], **options: Any) -> Case:
    """Chromium makes the session and it does no good."""
    return case(name, {"document": content}, {"error": code, "chrome": None}, **options)


def one_cookie(
    attributes: str, *, name: str = NAME, line: str | None = None
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """A document with one credential, and the `Set-Cookie` line of the same attributes."""
    content = document(credentials=[credential(attributes, name=name)])
    return content, {"set_cookies": [f"{name}=v1; {attributes if line is None else line}; Max-Age=300"]}


def good_documents() -> list[Case]:
    two = [credential(), credential(name="__Host-fresh")]
    lines = [LINE, LINE.replace(NAME, "__Host-fresh")]
    return [
        accepted("origin scope", document()),
        accepted("only what is required", document(refresh_url=LEAVE_OUT, scope={"include_site": False})),
        accepted("continue is true", document(**{"continue": True})),
        accepted("unknown members are ignored", document(x=1, scope=scope(y=[]), credentials=[credential(z={})])),
        accepted("two credentials", document(credentials=two), set_cookies=lines),
        accepted("refresh URL is absolute", document(refresh_url=f"{ORIGIN}/dbsc/refresh")),
        accepted("refresh URL is relative to the serving path", document(refresh_url="refresh")),
        accepted("refresh URL of a wrong type counts as missing", document(refresh_url=7)),
        accepted("rules that are no array are ignored", document(scope=scope(scope_specification={}))),
        accepted("initiators", document(allowed_refresh_initiators=["idp.test", "*.example.org", "*"])),
        accepted("initiators that are no array are ignored", document(allowed_refresh_initiators="idp.test")),
        accepted("on localhost", document(scope={"include_site": False}), serving_url=_on("localhost")),
        accepted("on an IP address", document(scope={"include_site": False}), serving_url=_on("127.0.0.1")),
        accepted("on a subdomain", document(scope={"include_site": False}), serving_url=SUBDOMAIN_URL),
    ]


def _on(host: str) -> str:
    return f"https://{host}:{{port}}/dbsc/register"


def good_rules() -> list[Case]:
    below = rule(type="include", domain="*.example.test", path="/app")
    return [
        accepted("rule with domain and path", document(scope=_ruled(domain="example.test", path="/static"))),
        accepted("rule with defaults for all hosts", document(scope=_ruled(path="/static"))),
        accepted("site scope", document(scope=site())),
        accepted("site scope with rules for subdomains", document(scope=site(rule(domain="app.example.test"), below))),
        accepted("site scope with a rule for everything below", document(scope=site(rule(domain="*"), below))),
    ]


def _ruled(**members: Any) -> dict[str, Any]:
    return scope(scope_specification=[rule(**members)])


def good_cookies() -> list[Case]:
    cases = []
    for name, (content, options) in {
        "attributes in another order and case": one_cookie("samesite=lax; HTTPONLY; secure; path=/", line=ATTRIBUTES),
        "attributes missing": (
            document(credentials=[credential(LEAVE_OUT, name="bound")]),
            {"set_cookies": ["bound=v1"]},
        ),
        "no HttpOnly, on both sides": one_cookie("Path=/; Secure; SameSite=Lax"),
        "SameSite=Strict": one_cookie("Path=/; Secure; HttpOnly; SameSite=Strict"),
        "SameSite=None with Secure": one_cookie("Path=/; Secure; HttpOnly; SameSite=None"),
        "Domain cookie": one_cookie(f"Domain=example.test; {ATTRIBUTES}", name="bound"),
        "__Secure- prefix": one_cookie(ATTRIBUTES, name="__Secure-bound"),
        "__Http- prefix": one_cookie(ATTRIBUTES, name="__Http-bound"),
        "cookie without end": one_cookie(ATTRIBUTES),
    }.items():
        cases.append(accepted(name, content, **options))
    cases[-1]["input"]["set_cookies"] = [f"{NAME}=v1; {ATTRIBUTES}"]
    return cases


def unreadable() -> list[Case]:
    def text(name: str, body: str, chrome: str = "InvalidConfigJson", code: str = "invalid_config_json") -> Case:
        return case(name, {"text": body}, {"error": code, "chrome": chrome})

    good = '{"session_identifier":"sid-1","scope":{"include_site":false},"credentials":[{"type":"cookie","name":"a"}]'
    bom = case("a byte-order mark before", {"text": f"\ufeff{good}}}"}, {"ok": True}, set_cookies=["a=1"])
    return [
        text("nothing", "", "EmptySessionConfig", "empty_session_config"),
        text("no JSON", "session"),
        text("an array", "[]"),
        text("a string", '"sid-1"'),
        text("a comma at the end", f"{good},}}"),
        text("a comment", f"{good}/**/}}"),
        text("a prefix against script inclusion", f")]}}'\n{good}}}"),
        text("nested too deep", f'{good},"x":[[[[[[]]]]]]}}'),
        bom,
    ]


def wrong_members() -> list[Case]:
    no_id = ("InvalidSessionId", "invalid_session_id")
    no_site = ("MissingScopeIncludeSite", "missing_scope_include_site")
    ended = {"session_identifier": "sid-1", "continue": False}
    return [
        refused("no session identifier", *no_id, document(session_identifier=LEAVE_OUT)),
        refused("empty session identifier", *no_id, document(session_identifier="")),
        refused("session identifier is a number", *no_id, document(session_identifier=1)),
        refused("continue is false", "ServerRequestedTermination", "server_requested_termination", ended),
        refused("continue is false without an identifier", *no_id, {"continue": False}),
        refused("no scope", "MissingScope", "missing_scope", document(scope=LEAVE_OUT)),
        refused("scope is a list", "MissingScope", "missing_scope", document(scope=[])),
        refused("no include_site", *no_site, document(scope=scope(include_site=LEAVE_OUT))),
        refused("include_site is text", *no_site, document(scope=scope(include_site="false"))),
        refused("include_site is a number", *no_site, document(scope=scope(include_site=0))),
        refused("include_site is null", *no_site, document(scope=scope(include_site=None))),
        *(
            refused(f"rule: {name}", chrome, code, document(scope=scope(scope_specification=[entry])))
            for name, chrome, code, entry in (
                ("no object", "InvalidScopeSpecification", "invalid_scope_specification", "/static"),
                ("no type", "MissingScopeSpecificationType", "missing_scope_specification_type", {"path": "/a"}),
                ("unknown type", "InvalidScopeSpecificationType", "invalid_scope_specification_type", {"type": "x"}),
                ("empty domain", "EmptyScopeSpecificationDomain", "empty_scope_specification_domain", rule(domain="")),
                ("empty path", "EmptyScopeSpecificationPath", "empty_scope_specification_path", rule(path="")),
            )
        ),
        *(
            refused(f"credentials: {name}", chrome, code, document(credentials=value))
            for name, chrome, code, value in (
                ("missing", "NoCredentials", "no_credentials", LEAVE_OUT),
                ("empty", "NoCredentials", "no_credentials", []),
                ("an object", "NoCredentials", "no_credentials", {}),
                ("text in the array", "InvalidCredentialsConfig", "invalid_credentials_config", ["bound"]),
                ("no type", "InvalidCredentialsType", "invalid_credentials_type", [credential(type=LEAVE_OUT)]),
                ("another type", "InvalidCredentialsType", "invalid_credentials_type", [credential(type="token")]),
                (
                    "empty name",
                    "InvalidCredentialsEmptyName",
                    "invalid_credentials_empty_name",
                    [credential(name="")],
                ),
            )
        ),
    ]


def wrong_origins() -> list[Case]:
    names = {
        "InvalidScopeOrigin": "invalid_scope_origin",
        "ScopeOriginContainsPath": "scope_origin_contains_path",
        "ScopeOriginSameSiteMismatch": "scope_origin_same_site_mismatch",
        "CrossOriginRegistrationSiteNotIncluded": "cross_origin_registration_site_not_included",
    }
    origins = {
        "origin without scheme": ("InvalidScopeOrigin", "example.test"),
        "origin that is data": ("InvalidScopeOrigin", "data:,x"),
        "origin with a slash at the end": ("ScopeOriginContainsPath", f"{ORIGIN}/"),
        "origin with a path": ("ScopeOriginContainsPath", f"{ORIGIN}/app"),
        "origin of another site": ("ScopeOriginSameSiteMismatch", "https://other.test:{port}"),
        "origin with http": ("ScopeOriginSameSiteMismatch", "http://example.test:{port}"),
        "origin of a subdomain, site not included": (
            "CrossOriginRegistrationSiteNotIncluded",
            "https://app.example.test:{port}",
        ),
        "origin with another port": ("CrossOriginRegistrationSiteNotIncluded", "https://example.test:1"),
    }
    cases = [
        refused(name, chrome, names[chrome], document(scope=scope(origin=origin)))
        for name, (chrome, origin) in origins.items()
    ]
    included = ("InvalidScopeIncludeSite", "invalid_scope_include_site")
    whole_site = {"include_site": True}
    return [
        *cases,
        refused("site scope on localhost", *included, document(scope=whole_site), serving_url=_on("localhost")),
        refused("site scope on an IP address", *included, document(scope=whole_site), serving_url=_on("127.0.0.1")),
        refused("site scope of a subdomain", *included, document(scope=whole_site), serving_url=SUBDOMAIN_URL),
        refused(
            "site scope from a subdomain that names itself",
            *included,
            document(scope=site(origin="https://app.example.test:{port}")),
            serving_url=SUBDOMAIN_URL,
        ),
        futile(
            "origin in capitals", "origin_not_canonical", document(scope=scope(origin="HTTPS://Example.Test:{port}"))
        ),
    ]


def wrong_addresses() -> list[Case]:
    invalid, other_site = ("InvalidRefreshUrl", "invalid_refresh_url"), "refresh_url_same_site_mismatch"
    pattern = ("RefreshInitiatorInvalidHostPattern", "refresh_initiator_invalid_host_pattern")
    return [
        refused("refresh URL with http", *invalid, document(refresh_url="http://example.test:{port}/r")),
        refused("refresh URL that is script", *invalid, document(refresh_url="javascript:1")),
        refused(
            "refresh URL of another site",
            "RefreshUrlSameSiteMismatch",
            other_site,
            document(refresh_url="https://other.test:{port}/r"),
        ),
        refused(
            "initiator is a number",
            "RefreshInitiatorNotString",
            "refresh_initiator_not_string",
            document(allowed_refresh_initiators=[1]),
        ),
        refused("empty initiator", *pattern, document(allowed_refresh_initiators=[""])),
        refused("initiator with a star inside", *pattern, document(allowed_refresh_initiators=["idp.*.test"])),
        refused("initiator with a star and no dot", *pattern, document(allowed_refresh_initiators=["*idp.test"])),
        futile(
            "initiator that is a URL",
            "initiator_never_matches",
            document(allowed_refresh_initiators=["https://idp.test"]),
        ),
        futile("refresh URL that covers everything", "refresh_url_covers_scope", document(refresh_url="/")),
    ]


def wrong_rules() -> list[Case]:
    mismatch = ("ScopeRuleOriginScopedHostPatternMismatch", "scope_rule_origin_scoped_host_pattern_mismatch")
    foreign = ("ScopeRuleSiteScopedHostPatternMismatch", "scope_rule_site_scoped_host_pattern_mismatch")
    pattern = ("InvalidScopeRuleHostPattern", "invalid_scope_rule_host_pattern")
    everything = scope(scope_specification=[rule(type="include", path="/app"), rule()])
    return [
        refused("rule path without slash", "InvalidScopeRulePath", "invalid_scope_rule_path", _with(path="static")),
        refused("rule with a star inside", *pattern, _with(domain="example.*")),
        refused("rule with a star and no dot", *pattern, _with(domain="*example.test")),
        refused("rule for what lies below the origin", *mismatch, _with(domain="*.example.test")),
        refused("rule for another host", *mismatch, _with(domain="app.example.test")),
        refused("rule with a port", *mismatch, _with(domain="example.test:{port}")),
        refused("rule with a scheme", *mismatch, _with(domain="https://example.test")),
        refused("site scope, rule for another site", *foreign, document(scope=site(rule(domain="other.test")))),
        refused("site scope, rule with a port", *foreign, document(scope=site(rule(domain="example.test:{port}")))),
        futile("rule path with a query", "rule_never_matches", _with(path="/static?x")),
        futile(
            "site scope, rule with capitals",
            "rule_never_matches",
            document(scope=site(rule(domain="APP.example.test"))),
        ),
        futile("everything is excluded", "scope_is_empty", document(scope=everything)),
    ]


def _with(**members: Any) -> dict[str, Any]:
    return document(scope=_ruled(**members))


def wrong_credentials() -> list[Case]:
    forbidden = ("InvalidCredentialsCookieUnpermittedAttribute", "invalid_credentials_cookie_unpermitted_attribute")
    domain = ("InvalidCredentialsCookieInvalidDomain", "invalid_credentials_cookie_invalid_domain")
    prefix = ("InvalidCredentialsCookiePrefix", "invalid_credentials_cookie_prefix")
    name = ("InvalidCredentialsCookieName", "invalid_credentials_cookie_name")
    parsing = ("InvalidCredentialsCookieParsing", "invalid_credentials_cookie_parsing")
    host_http = ("InvalidCredentialsCookie", "invalid_credentials_cookie")
    unsafe = ("BoundCookieSetForbidden", "bound_cookie_set_forbidden")
    tested = {
        "attribute Max-Age": (forbidden, NAME, f"{ATTRIBUTES}; Max-Age=300"),
        "attribute Expires": (forbidden, NAME, f"{ATTRIBUTES}; Expires=Wed, 01 Jan 2098 00:00:00 GMT"),
        "attribute Partitioned": (forbidden, NAME, f"{ATTRIBUTES}; Partitioned"),
        "attribute Priority": (forbidden, NAME, f"{ATTRIBUTES}; Priority=High"),
        "attribute nobody knows": (forbidden, NAME, f"{ATTRIBUTES}; Fresh"),
        "Domain of another site": (domain, "bound", f"Domain=other.test; {ATTRIBUTES}"),
        "Domain of a subdomain": (domain, "bound", f"Domain=app.example.test; {ATTRIBUTES}"),
        "Domain that is a public suffix": (domain, "bound", f"Domain=test; {ATTRIBUTES}"),
        "__Host- without Secure": (prefix, NAME, "Path=/; HttpOnly; SameSite=Lax"),
        "__Host- without Path": (prefix, NAME, "Secure; HttpOnly; SameSite=Lax"),
        "__Host- with a narrower Path": (prefix, NAME, "Path=/app; Secure; HttpOnly; SameSite=Lax"),
        "__Host- with Domain": (prefix, NAME, f"Domain=example.test; {ATTRIBUTES}"),
        "__Secure- without Secure": (prefix, "__Secure-bound", "Path=/; HttpOnly; SameSite=Lax"),
        "__Http- without HttpOnly": (prefix, "__Http-bound", "Path=/; Secure; SameSite=Lax"),
        "__Host-Http- prefix": (host_http, "__Host-Http-bound", ATTRIBUTES),
        "name with an equals sign": (name, "a=b", ATTRIBUTES),
        "name with a semicolon": (name, "a;b", ATTRIBUTES),
        "name with a line break": (name, "a\nb", ATTRIBUTES),
        "attributes with a control character": (parsing, NAME, f"{ATTRIBUTES}\x01"),
        "SameSite=None without Secure": (unsafe, "bound", "Path=/; HttpOnly; SameSite=None"),
    }
    return [
        refused(f"credential: {title}", *error, document(credentials=[credential(attributes, name=cookie)]))
        for title, (error, cookie, attributes) in tested.items()
    ]


def wrong_set_cookies() -> list[Case]:
    def mismatch(name: str, line: str, *, attributes: str = ATTRIBUTES, cookie: str = "bound") -> Case:
        content = document(credentials=[credential(attributes, name=cookie)])
        return futile(f"Set-Cookie: {name}", "cookie_mismatch", content, set_cookies=[f"{cookie}=v1; {line}"])

    half = document(credentials=[credential(), credential("Path=/; SameSite=None", name="loose")])
    twice = document(credentials=[credential(name="a"), credential("Path=/; Secure", name="a")])
    return [
        mismatch("without HttpOnly", "Path=/; Secure; SameSite=Lax"),
        mismatch("without Secure", "Path=/; HttpOnly; SameSite=Lax"),
        mismatch("without SameSite, which is not Lax", "Path=/; Secure; HttpOnly"),
        mismatch("without Path", "Secure; HttpOnly; SameSite=Lax"),
        mismatch("with Domain", f"Domain=example.test; {ATTRIBUTES}"),
        mismatch("with Partitioned", f"{ATTRIBUTES}; Partitioned"),
        futile("Set-Cookie: none", "cookie_missing", document(), set_cookies=[]),
        futile("Set-Cookie: of another name", "cookie_missing", document(), set_cookies=[LINE.replace(NAME, "x")]),
        futile("Set-Cookie: that removes it", "cookie_missing", document(), set_cookies=[f"{LINE[:-3]}0"]),
        futile("Set-Cookie: for 120 s", "cookie_life_too_short", document(), set_cookies=[f"{LINE[:-3]}120"]),
        futile("one of two credentials cannot be stored", "credential_not_storable", half),
        futile("two credentials for one cookie", "credential_twice", twice, set_cookies=["a=1; Path=/; Secure"]),
        futile(
            "session identifier beyond ASCII", "session_identifier_characters", document(session_identifier="s\u00e9")
        ),
    ]


def instruction_cases() -> list[Case]:
    groups = (
        good_documents,
        good_rules,
        good_cookies,
        unreadable,
        wrong_members,
        wrong_origins,
        wrong_addresses,
        wrong_rules,
        wrong_credentials,
        wrong_set_cookies,
    )
    return [entry for group in groups for entry in group()]
