"""The header values of `headers.json`: what a server reads, and what it writes."""

from __future__ import annotations

from typing import Any

Case = dict[str, Any]
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJjIn0.AAAA"
RESPONSE, SESSION_ID = "Secure-Session-Response", "Sec-Secure-Session-Id"
SKIPPED = "Secure-Session-Skipped"


def read(header: str, name: str, value: str, ok: Any) -> Case:
    return {"name": f"{header}: {name}", "input": {"header": header, "value": value}, "expected": {"ok": ok}}


def refused(header: str, name: str, value: str) -> Case:
    given = {"header": header, "value": value}
    return {"name": f"{header}: {name}", "input": given, "expected": {"error": "proof_malformed"}}


def written(header: str, name: str, fields: dict[str, Any], value: str) -> Case:
    return {"name": f"{header}: {name}", "input": {"header": header, "fields": fields}, "expected": {"ok": value}}


def responses() -> list[Case]:
    return [
        read(RESPONSE, "raw, as Chromium sends it", JWT, JWT),
        read(RESPONSE, "quoted, as the draft says", f'"{JWT}"', JWT),
        read(RESPONSE, "whitespace around", f" \t{JWT} ", JWT),
        read(RESPONSE, "quoted, with a parameter", f'"{JWT}";x=1', JWT),
        read(RESPONSE, "8192 characters", "a" * 8192, "a" * 8192),
        refused(RESPONSE, "8193 characters", "a" * 8193),
        refused(RESPONSE, "quote that is not closed", f'"{JWT}'),
        refused(RESPONSE, "quoted, with text behind", f'"{JWT}" x'),
        refused(RESPONSE, "two quoted values", f'"{JWT}", "{JWT}"'),
        refused(RESPONSE, "quoted, outside ASCII", '"\u00e9"'),
        refused(RESPONSE, "quoted, with an unknown escape", '"\\n"'),
    ]


def session_ids() -> list[Case]:
    return [
        read(SESSION_ID, "raw, as Chromium sends it", "sid-1_A", "sid-1_A"),
        read(SESSION_ID, "quoted, as the draft says", '"sid-1_A"', "sid-1_A"),
        read(SESSION_ID, "128 characters", "s" * 128, "s" * 128),
        refused(SESSION_ID, "129 characters", "s" * 129),
        refused(SESSION_ID, "nothing", ""),
        refused(SESSION_ID, "empty quotes", '""'),
        refused(SESSION_ID, "blank", "  "),
        refused(SESSION_ID, "outside ASCII", "sid-\u00e9"),
        refused(SESSION_ID, "digits of another script", "\u0661"),
        refused(SESSION_ID, "a dot", "a.b"),
        refused(SESSION_ID, "two identifiers", "a, b"),
        refused(SESSION_ID, "a line break at the end", "sid\n"),
        refused(SESSION_ID, "a path", "../etc"),
    ]


def old_names() -> list[Case]:
    """Where a header is looked for: the present name first."""
    looked_for = {RESPONSE: "Sec-Session-Response", SESSION_ID: "Sec-Session-Id"}
    both = {"Secure-Session-Challenge": "", SKIPPED: ""} | looked_for
    return [
        {
            "name": f"{header}: names{', strictly' if strict else ''}",
            "input": {"header": header, "names": True} | ({"strict": True} if strict else {}),
            "expected": {"ok": [header] if strict or not old else [header, old]},
        }
        for header, old in both.items()
        for strict in (False, True)
    ]


def strict_values() -> list[Case]:
    """Raw values where no leniency is granted, and quoted ones, which need none."""
    cases = [
        refused(RESPONSE, "raw, strictly", JWT),
        refused(SESSION_ID, "raw, strictly", "sid-1_A"),
        refused(SESSION_ID, "nothing, strictly", ""),
        read(RESPONSE, "quoted, strictly", f'"{JWT}"', JWT),
        read(SESSION_ID, "quoted, strictly", '"sid-1_A"', "sid-1_A"),
    ]
    return [case | {"input": case["input"] | {"strict": True}} for case in cases]


def skips() -> list[Case]:
    def one(reason: str, session_id: str | None) -> dict[str, Any]:
        return {"reason": reason, "session_id": session_id}

    both = 'unreachable;session_identifier="a", quota_exceeded;session_identifier="b"'
    return [
        read(SKIPPED, "as Chromium sends it", 'unreachable;session_identifier="sid-1"', [one("unreachable", "sid-1")]),
        read(SKIPPED, "two sessions", both, [one("unreachable", "a"), one("quota_exceeded", "b")]),
        read(SKIPPED, "no identifier", "server_error", [one("server_error", None)]),
        read(SKIPPED, "identifier that is a token", "server_error;session_identifier=a", [one("server_error", None)]),
        read(SKIPPED, "identifier that is a number", "server_error;session_identifier=1", [one("server_error", None)]),
        read(SKIPPED, "unknown reasons beside a known one", 'bored, unreachable, "x", 1', [one("unreachable", None)]),
        read(SKIPPED, "reason that is a string", '"unreachable"', []),
        read(SKIPPED, "reason in capitals", "UNREACHABLE", []),
        read(SKIPPED, "reason in an inner list", "(unreachable)", []),
        read(SKIPPED, "nothing", "", []),
        read(SKIPPED, "not a structured field", "unreachable;;", []),
        read(SKIPPED, "a date that no calendar has", "unreachable;session_identifier=@999999999999999", []),
        read(SKIPPED, "outside ASCII", "unreachable\u00e9", []),
    ]


def offers_and_challenges() -> list[Case]:
    registration, challenge = "Secure-Session-Registration", "Secure-Session-Challenge"
    offer = {"algorithms": ["ES256", "RS256"], "path": "/dbsc/register", "challenge": "c1", "authorization": "a1"}
    value = '(ES256 RS256);path="/dbsc/register";challenge="c1";authorization="a1"'
    quoted = {"algorithms": ["ES256"], "path": '/a"b\\c', "challenge": "c", "authorization": "x;y,z"}
    voucher = {"key_thumbprint": "A" * 43, "session_id": "sid-1", "provider_url": "https://idp.example"}
    federated = {"algorithms": ["ES256"], "path": "/r", "challenge": "c", "voucher": voucher}
    provider = f'provider_key="{"A" * 43}";provider_session_id="sid-1";provider_url="https://idp.example"'
    one, other = {"algorithms": ["ES256"], "path": "r1", "challenge": "c1"}, {"path": "r2", "challenge": "c2"}
    return [
        written(registration, "an offer", offer, value),
        written(
            registration,
            "quotes and backslashes",
            quoted,
            '(ES256);path="/a\\"b\\\\c";challenge="c";authorization="x;y,z"',
        ),
        written(registration, "no authorization", one, '(ES256);path="r1";challenge="c1"'),
        written(registration, "federated", federated, f'(ES256);path="/r";challenge="c";{provider}'),
        written(
            registration,
            "two offers",
            {"offers": [one, other]},
            '(ES256);path="r1";challenge="c1", (ES256 RS256);path="r2";challenge="c2"',
        ),
        written(challenge, "a challenge", {"session_id": "s1", "challenge": "n1"}, '"n1";id="s1"'),
        written(challenge, "a challenge with a quote", {"session_id": "s1", "challenge": 'n"1'}, '"n\\"1";id="s1"'),
        written(challenge, "two", {"challenges": [["s1", "n1"], ["s2", "n2"]]}, '"n1";id="s1", "n2";id="s2"'),
    ]


def header_cases() -> list[Case]:
    return [*responses(), *session_ids(), *old_names(), *strict_values(), *skips(), *offers_and_challenges()]
