"""Evidence of an examination at which everything went well, to be spoilt by tests."""

from __future__ import annotations

import json

from boundgate.dbsc.cookie_attributes import StoredCookie
from boundgate.doctor.evidence import Attempt, Evidence, JarCookie, Offer, Order, Session, Visit
from boundgate.doctor.net_log import Exchange

ORIGIN = "https://app.example.test"
REGISTER, REFRESH = f"{ORIGIN}/dbsc/register", f"{ORIGIN}/dbsc/refresh"
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
COOKIE = StoredCookie("__Host-b", "app.example.test", "/", secure=True, http_only=True, same_site="Lax")
RAW = {
    "key": {"site": ORIGIN, "id": "s1"},
    "refreshUrl": REFRESH,
    "inclusionRules": {
        "origin": ORIGIN,
        "includeSite": False,
        "urlRules": [{"ruleType": "Exclude", "hostPattern": "app.example.test", "pathPrefix": "/dbsc/refresh"}],
    },
    "cookieCravings": [
        {
            "name": "__Host-b",
            "domain": "app.example.test",
            "path": "/",
            "secure": True,
            "httpOnly": True,
            "sameSite": "Lax",
        }
    ],
    "expiryDate": 1.0,
    "cachedChallenge": "n1",
    "allowedRefreshInitiators": [],
}
DOCUMENT = {
    "session_identifier": "s1",
    "refresh_url": "/dbsc/refresh",
    "scope": {"include_site": False},
    "credentials": [{"type": "cookie", "name": "__Host-b", "attributes": ATTRIBUTES}],
}


def jar(value="v1", *, stored=COOKIE, life=399.6):
    return (JarCookie(stored, value, life),)


def exchange(purpose, proof="a.b.c", *, status=200, body=None, set_cookie=f"__Host-b=v; {ATTRIBUTES}; Max-Age=400"):
    return Exchange(
        purpose=purpose,
        url=REGISTER if purpose == "registration" else REFRESH,
        sent=(("Secure-Session-Response", proof),) if proof else (),
        status=status,
        received=(("Set-Cookie", set_cookie),),
        body=json.dumps(DOCUMENT).encode() if body is None else body,
    )


def attempt(before="v1", after="v2", **changes):
    facts = {
        "url": f"{ORIGIN}/boundgate-doctor",
        "usages": ("Deferred",),
        "result": {"refreshResult": "Refreshed", "fetchResult": "Success"},
        "challenge_ahead": True,
        "challenges": ("Success",),
        "before": jar(before),
        "after": jar(after),
        "deletion": None,
    }
    return Attempt(**facts | changes)


def evidence(**changes):
    visit = Visit(url=f"{ORIGIN}/", status=200, error=None)
    facts = {
        "order": Order(url=f"{ORIGIN}/", login="/login"),
        "browser": "Chrome/156",
        "page": visit,
        "login": visit,
        "offers": (Offer(f"{ORIGIN}/login", '(ES256);path="/dbsc/register";challenge="c"'),),
        "creation": {"fetchResult": "Success", "newSession": RAW},
        "session": Session(RAW),
        "jar": jar(),
        "attempts": [attempt(), attempt("v2", "v3")],
        "closed": True,
        "exchanges": (exchange("registration"), exchange("refresh", "d.e.f"), exchange("refresh", "g.h.i")),
    }
    return Evidence(**facts | changes)
