"""The cases of `well_known.json`: whether the document of a site lets an origin below it register (DBSC §8.9)."""

from __future__ import annotations

import json
from typing import Any

Case = dict[str, Any]
ORIGIN = "https://app.example.test"
UNAUTHORIZED, MALFORMED = "SubdomainRegistrationUnauthorized", "SubdomainRegistrationWellKnownMalformed"


def case(name: str, content: Any, error: str | None = None, *, origin: str = ORIGIN) -> Case:
    text = content if isinstance(content, str) else json.dumps(content)
    expected = {"ok": True} if error is None else {"error": error}
    return {"name": name, "input": {"text": text, "origin": origin}, "expected": expected}


def listing(*origins: Any, **members: Any) -> dict[str, Any]:
    return {"registering_origins": list(origins)} | members


def well_known_cases() -> list[Case]:
    return [
        case("listed", listing(ORIGIN)),
        case("listed among others", listing("https://a.example.test", ORIGIN, "x")),
        case("listed with its port", listing(f"{ORIGIN}:8443"), origin=f"{ORIGIN}:8443"),
        case("beside other members", listing(ORIGIN, relying_origins=["https://rp.test"], x=1)),
        case("a byte-order mark before", f"\ufeff{json.dumps(listing(ORIGIN))}"),
        case("with a slash", listing(f"{ORIGIN}/"), UNAUTHORIZED),
        case("in capitals", listing(ORIGIN.upper()), UNAUTHORIZED),
        case("without scheme", listing("app.example.test"), UNAUTHORIZED),
        case("as a pattern", listing("https://*.example.test"), UNAUTHORIZED),
        case("with another port", listing(f"{ORIGIN}:8443"), UNAUTHORIZED),
        case("an empty list", listing(), UNAUTHORIZED),
        case("no list", {}, UNAUTHORIZED),
        case("text in place of the list", {"registering_origins": ORIGIN}, MALFORMED),
        case("null in place of the list", {"registering_origins": None}, MALFORMED),
        case("a number in the list", listing(ORIGIN, 1), MALFORMED),
        case("relying origins that are no list", listing(ORIGIN, relying_origins={}), MALFORMED),
        case("a provider that is no text", listing(ORIGIN, provider_origin=[]), MALFORMED),
        case("an array", [ORIGIN], MALFORMED),
        case("HTML", "<html>", MALFORMED),
        case("nothing", "", MALFORMED),
        case("nested too deep", f'{{"registering_origins":["{ORIGIN}"],"x":[[[[[]]]]]}}', MALFORMED),
    ]
