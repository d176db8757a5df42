"""The cases of `client_headers.json`: the header fields of an answer, as Chromium takes them.

`{port}` stands for the server's port; offers come from `https://example.test:{port}/login`.
"""

from __future__ import annotations

from typing import Any

Case = dict[str, Any]
ORIGIN = "https://example.test:{port}"
OFFER, CHALLENGE, CLEAR = "Secure-Session-Registration", "Secure-Session-Challenge", "Clear-Site-Data"
REGISTER = f"{ORIGIN}/reg"
GOOD = '(ES256);path="/reg";challenge="c1"'


def case(header: str, name: str, values: list[str], ok: Any) -> Case:
    return {"name": f"{header}: {name}", "input": {"header": header, "values": values}, "expected": {"ok": ok}}


def offers(name: str, *values: str, ok: list[dict[str, Any]]) -> Case:
    found = case(OFFER, name, list(values), ok)
    found["input"]["url"] = f"{ORIGIN}/login"
    return found


def offered(**changed: Any) -> dict[str, Any]:
    """What is read of `GOOD`, with changes. `endpoint` is where to register, null where that is not allowed."""
    members = {"algorithms": ["ES256"], "path": "/reg", "challenge": "c1", "authorization": None, "federated": False}
    return members | {"endpoint": REGISTER} | changed


def taken(name: str, value: str, **changed: Any) -> Case:
    return offers(name, value, ok=[offered(**changed)])


def ignored(name: str, *values: str) -> Case:
    return offers(name, *values, ok=[])


def good_offers() -> list[Case]:
    two = [offered(), offered(path="/r2", challenge="c2", algorithms=["RS256"], endpoint=f"{ORIGIN}/r2")]
    second = '(RS256);path="/r2";challenge="c2"'
    provider = ';provider_key="k";provider_session_id="s";provider_url="https://idp.test/"'
    return [
        taken("one", GOOD),
        taken("with authorization", f'{GOOD};authorization="a1"', authorization="a1"),
        taken("with an empty authorization", f'{GOOD};authorization=""', authorization=""),
        taken("two algorithms", GOOD.replace("(ES256)", "(ES256 RS256)"), algorithms=["ES256", "RS256"]),
        taken("RS256 first", GOOD.replace("(ES256)", "(RS256 ES256)"), algorithms=["RS256", "ES256"]),
        taken("unknown algorithms beside", GOOD.replace("(ES256)", "(none PS256 ES256)")),
        taken("a string among the algorithms", GOOD.replace("(ES256)", '("RS256" ES256)')),
        taken("spaces in the list", GOOD.replace("(ES256)", "(  ES256  )")),
        taken("an algorithm with a parameter", GOOD.replace("(ES256)", "(ES256;q=1)")),
        taken("spaces before parameters", GOOD.replace(";", ";  ")),
        taken(
            "no challenge, but authorization",
            '(ES256);path="/reg";authorization="a"',
            challenge=None,
            authorization="a",
        ),
        taken("an empty challenge", GOOD.replace("c1", ""), challenge=""),
        taken("escapes in the challenge", GOOD.replace("c1", 'a\\"b\\\\c<d'), challenge='a"b\\c<d'),
        taken("a parameter twice, the last counts", f'{GOOD};challenge="c2"', challenge="c2"),
        taken("unknown parameters", f'{GOOD};x;y=1;z="a";aik_required'),
        offers("two in one field", f"{GOOD}, {second}", ok=two),
        offers("two fields", GOOD, second, ok=two),
        offers("a bad one beside", f'(PS256);path="/r2";challenge="c2", {GOOD}', ok=two[:1]),
        taken("federated", GOOD + provider, federated=True),
    ]


def bad_offers() -> list[Case]:
    return [
        ignored("nothing", ""),
        ignored("an empty field before a good one", "", GOOD),
        ignored("an empty field behind a good one", GOOD, ""),
        ignored("no algorithm", GOOD.replace("ES256", "")),
        ignored("unknown algorithms", GOOD.replace("ES256", "none PS256 ES384")),
        ignored("an algorithm in small letters", GOOD.replace("ES256", "es256")),
        ignored("algorithms as strings", GOOD.replace("ES256", '"ES256"')),
        ignored("a bare algorithm", GOOD.replace("(ES256)", "ES256")),
        ignored("no path", '(ES256);challenge="c1"'),
        ignored("a path that is a token", GOOD.replace('"/reg"', "reg")),
        ignored("a path without a value", GOOD.replace('="/reg"', "")),
        ignored("a challenge that is a token", GOOD.replace('"c1"', "c1")),
        ignored("a challenge that is a number", GOOD.replace('"c1"', "1")),
        ignored("an authorization that is a token", f"{GOOD};authorization=a"),
        ignored("half of a federation", f'{GOOD};provider_key="k"'),
        ignored("a provider's key that is a token", f'{GOOD};provider_key=k;provider_session_id="s";provider_url="u"'),
        ignored("a comma at the end", f"{GOOD},"),
        ignored("text behind", f"{GOOD} x"),
        ignored("a list that is not closed", GOOD.replace(")", "")),
        ignored("a string that is not closed", GOOD[:-1]),
        ignored("a parameter in capitals", GOOD.replace("path", "Path")),
        ignored("beyond ASCII", GOOD.replace("c1", "\u00e9")),
        ignored("an unreadable one beside a good one", GOOD, "(ES256"),
    ]


def endpoints() -> list[Case]:
    def leads(name: str, path: str, endpoint: str | None) -> Case:
        value = GOOD.replace('"/reg"', f'"{path}"')
        return taken(f"path {name}", value, path=path, endpoint=endpoint)

    app = "https://app.example.test:{port}"
    return [
        leads("relative", "reg", REGISTER),
        leads("empty", "", f"{ORIGIN}/login"),
        leads("with a query", "/reg?a=b&c", f"{REGISTER}?a=b&c"),
        leads("with dot segments", "/a/../reg", REGISTER),
        leads("as a URL", REGISTER, REGISTER),
        leads("on a subdomain", f"{app}/reg", f"{app}/reg"),
        leads("of another site", "https://other.test:{port}/reg", None),
        leads("of another site, without scheme", "//other.test:{port}/reg", None),
        leads("without TLS", "http://example.test:{port}/reg", None),
        leads("that is script", "javascript:1", None),
        leads("that is no URL", "https://[", None),
        leads("with an escaped slash", "/a%2Fb", f"{ORIGIN}/a/b"),
        leads("that begins with an escaped slash", "%2Freg", REGISTER),
        leads("with an escaped question mark", "/reg%3Fa", f"{REGISTER}?a"),
        leads("with an escaped letter", "/%72eg", REGISTER),
        leads("with an escaped per cent sign", "/%2541", f"{ORIGIN}/%41"),
        leads("with an escaped space", "/a%20b", f"{ORIGIN}/a%20b"),
        leads("with escapes beyond ASCII", "/%C3%BC", f"{ORIGIN}/%C3%BC"),
    ]


def challenges() -> list[Case]:
    def read(name: str, *values: str, ok: list[tuple[str, str | None]]) -> Case:
        return case(CHALLENGE, name, list(values), [{"challenge": one, "session_id": sid} for one, sid in ok])

    return [
        read("one", '"n1";id="s1"', ok=[("n1", "s1")]),
        read("two in one field", '"n1";id="s1", "n2";id="s2"', ok=[("n1", "s1"), ("n2", "s2")]),
        read("two fields for one session", '"n1";id="s1"', '"n2";id="s1"', ok=[("n1", "s1"), ("n2", "s1")]),
        read("an escaped quote", '"n\\"1";id="s1"', ok=[('n"1', "s1")]),
        read("no session", '"n1"', ok=[("n1", None)]),
        read("an empty session", '"n1";id=""', ok=[("n1", None)]),
        read("a session that is a token", '"n1";id=s1', ok=[("n1", None)]),
        read("unknown parameters", '"n1";id="s1";x=1', ok=[("n1", "s1")]),
        read("raw, without quotes", "n1;id=s1", ok=[]),
        read("a token beside a string", 'n1;id="s1", "n2";id="s1"', ok=[("n2", "s1")]),
        read("an empty challenge", '"";id="s1"', ok=[]),
        read("a number", '1;id="s1"', ok=[]),
        read("in an inner list", '("n1");id="s1"', ok=[]),
        read("nothing", "", ok=[]),
        read("an empty field beside", "", '"n1";id="s1"', ok=[]),
        read("not a structured field", '"n1;id="s1"', ok=[]),
        read("a comma at the end", '"n1";id="s1",', ok=[]),
    ]


def clearings() -> list[Case]:
    def read(name: str, *values: str, cookies: bool = False, storage: bool = False) -> Case:
        return case(CLEAR, name, list(values), {"cookies": cookies, "storage": storage})

    return [
        read("cookies", '"cookies"', cookies=True),
        read("storage", '"storage"', storage=True),
        read("both", '"cookies", "storage"', cookies=True, storage=True),
        read("two fields", '"cookies"', '"storage"', cookies=True, storage=True),
        read("without a space", '"cache","cookies"', cookies=True),
        read("everything", '"*"', cookies=True, storage=True),
        read("the cache", '"cache"'),
        read("what nobody knows, beside", '"executionContexts", "new", "storage"', storage=True),
        read("without quotes", "cookies, storage"),
        read("in capitals", '"Cookies"'),
        read("nothing", ""),
    ]


def client_header_cases() -> list[Case]:
    return [*good_offers(), *bad_offers(), *endpoints(), *challenges(), *clearings()]
