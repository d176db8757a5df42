"""The cases of `outcomes.json`: what an answer means for a session, as Chromium 156 takes it (docs/dbsc.md)."""

from __future__ import annotations

import json
from typing import Any

Case = dict[str, Any]
HOST = "https://example.test"
GOOD = {
    "session_identifier": "s1",
    "refresh_url": "/dbsc/refresh",
    "scope": {"include_site": False},
    "credentials": [{"type": "cookie", "name": "bound", "attributes": "Path=/; Secure"}],
}
BODY = json.dumps(GOOD)
OWN, OTHER, NAMELESS = '"n1";id="s1"', '"n1";id="s2"', '"n1"'


def case(name: str, kind: str, status: int, expected: Case, **given: Any) -> Case:
    """`status` is 0 where no answer came. `attempts` counts the proofs that were signed for this refresh, `cached` is a
    challenge that was kept for the session."""
    refresh: Case = {"attempts": 0, "cached": None, "challenges": []} if kind == "refresh" else {}
    members = {"kind": kind, "status": status, "body": "", "url": f"{HOST}/dbsc/{kind}"} | refresh | given
    return {"name": f"{kind}: {name}", "input": members, "expected": {"ok": expected}}


def refreshed(name: str, status: int = 200, *, changed: bool, challenge: str | None = None, **given: Any) -> Case:
    """`changed` says whether instructions came, which replace the old ones and a challenge that was kept."""
    expected = {"kind": "refreshed", "reason": "Success", "challenge": challenge, "changed": changed}
    return case(name, "refresh", status, expected, **given)


def judged(name: str, status: int, kind: str, reason: str, challenge: str | None = None, **given: Any) -> Case:
    expected = {"kind": kind, "reason": reason, "challenge": challenge, "changed": False}
    return case(name, "refresh", status, expected, **given)


def ended(name: str, status: int, reason: str, challenge: str | None = None, **given: Any) -> Case:
    return judged(name, status, "ended", reason, challenge, **given)


def successes() -> list[Case]:
    stop, wrong = {"session_identifier": "s1", "continue": False}, {"session_identifier": "s1"}
    return [
        refreshed("instructions", changed=True, body=BODY),
        refreshed("instructions with 202", 202, changed=True, body=BODY),
        refreshed("instructions and the next challenge", changed=True, body=BODY, challenges=[OWN], challenge="n1"),
        refreshed("nothing, with 200", changed=False),
        refreshed("nothing, with 204", 204, changed=False),
        refreshed("nothing but the next challenge", 204, changed=False, challenges=[OWN], challenge="n1"),
        refreshed("a challenge for another session", 204, changed=False, challenges=[OTHER]),
        refreshed("two challenges", 204, changed=False, challenges=[OWN, '"n2";id="s1"'], challenge="n2"),
        ended("instructions without scope", 200, "MissingScope", body=json.dumps(wrong)),
        ended("another identifier", 200, "MismatchedSessionId", body=BODY.replace("s1", "s2")),
        ended("HTML", 200, "InvalidConfigJson", body="<html>"),
        ended("an array", 200, "InvalidConfigJson", body="[]"),
        ended("continue: false", 200, "ServerRequestedTermination", body=json.dumps(stop)),
        ended("continue: false without identifier", 200, "InvalidSessionId", body='{"continue":false}'),
        ended(
            "continue: false with another identifier",
            200,
            "MismatchedSessionId",
            body='{"session_identifier":"s2","continue":false}',
        ),
    ]


def demands() -> list[Case]:
    return [
        judged("403 with a challenge", 403, "retry", "challenged", "n1", challenges=[OWN]),
        judged("403 after three proofs", 403, "retry", "challenged", "n1", challenges=[OWN], attempts=3),
        ended("403 after four proofs", 403, "TooManyChallenges", "n1", challenges=[OWN], attempts=4),
        judged("403 without a challenge, one is kept", 403, "retry", "challenged", "c2", cached="c2", attempts=1),
        ended("403 without a challenge four times", 403, "TooManyChallenges", "c2", cached="c2", attempts=4),
        judged("403 with a newer one than is kept", 403, "retry", "challenged", "n1", cached="c2", challenges=[OWN]),
        ended("403 without a challenge", 403, "InvalidChallenge"),
        ended("403 with a challenge for nobody", 403, "InvalidChallenge", challenges=[NAMELESS]),
        ended("403 with another session's challenge", 403, "InvalidChallenge", challenges=[OTHER]),
        ended("403 with a raw challenge", 403, "InvalidChallenge", challenges=['n1;id="s1"']),
    ]


def failures() -> list[Case]:
    refused = (400, 401, 404, 405, 408, 409, 410, 418, 421, 429, 451)
    return [
        *(ended(f"{status}", status, "PersistentHttpError") for status in refused),
        ended("401 with a challenge", 401, "PersistentHttpError", "n1", challenges=[OWN]),
        *(ended(f"{status} without Location", status, "PersistentHttpError") for status in (300, 302, 304, 307)),
        judged("407", 407, "kept", "unreachable"),
        judged("no answer", 0, "kept", "unreachable"),
        *(judged(f"{status}", status, "kept", "server_error") for status in (500, 502, 503, 504, 599)),
        judged("503 with a challenge", 503, "kept", "server_error", "n1", challenges=[OWN]),
        judged("503 with instructions", 503, "kept", "server_error", body=BODY),
    ]


def registrations() -> list[Case]:
    def answered(name: str, status: int, reason: str, **given: Any) -> Case:
        kind = "registered" if reason == "Success" else "refused"
        return case(name, "registration", status, {"kind": kind, "reason": reason}, **given)

    return [
        *(answered(f"{status} with instructions", status, "Success", body=BODY) for status in (200, 201, 202)),
        answered("200 with nothing", 200, "EmptySessionConfig"),
        answered("204", 204, "EmptySessionConfig"),
        answered("HTML", 200, "InvalidConfigJson", body="<html>"),
        answered(
            "continue: false", 200, "ServerRequestedTermination", body='{"session_identifier":"s","continue":false}'
        ),
        answered("403", 403, "RegistrationAttemptedChallenge", body=BODY),
        *(answered(f"{status}", status, "PersistentHttpError") for status in (304, 400, 401, 404, 409, 429)),
        *(answered(f"{status}", status, "TransientHttpError", body=BODY) for status in (500, 503)),
        answered("no answer", 0, "NetError"),
    ]


def outcome_cases() -> list[Case]:
    return [*successes(), *demands(), *failures(), *registrations()]
