"""The extension at a DBSC server that is not ours, and that was written from the standard alone."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from e2e.extension.either import Either
from e2e.extension.independent_server import TICKET, IndependentServer, Seen

ASK = "async () => (await fetch('/private')).status"
ENTERED = "Private"


def signed(seen: Seen) -> dict[str, Any]:
    """The claims of the proof in a request."""
    claims = seen.headers["secure-session-response"].strip('"').split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(claims + "=="))
    return found


def bind(either: Either, other: IndependentServer) -> None:
    """Sign in there, and wait until the extension has registered a key."""
    either.open(f"{other.origin}/sign-in")
    either.until(lambda: either.status(other.origin)["state"] == "bound")


def test_a_key_is_registered_and_opens_the_door(either: Either, other: IndependentServer) -> None:
    bind(either, other)
    (registration,) = other.seen("/device/register")
    assert registration.status == 200
    assert set(signed(registration)) == {"jti", "authorization"}
    assert registration.headers["dbsc-client"].startswith("boundgate-extension/")
    assert either.keys() == 1
    either.open(f"{other.origin}/")
    assert either.script(ASK) == 200


def test_a_lost_cookie_is_renewed_against_a_proof(either: Either, other: IndependentServer) -> None:
    bind(either, other)
    either.open(f"{other.origin}/")
    either.lose(TICKET)
    assert either.script(ASK) == 200
    assert [seen.status for seen in other.seen("/device/refresh")] == [403, 200], "challenge, proof"
    first, second = other.seen("/device/refresh")
    assert first.headers["sec-secure-session-id"] == second.headers["sec-secure-session-id"]
    assert set(signed(second)) == {"jti"}


def test_a_document_is_renewed_too(either: Either, other: IndependentServer) -> None:
    bind(either, other)
    either.open(f"{other.origin}/")
    either.lose(TICKET)
    either.open(f"{other.origin}/private")
    either.until(lambda: either.text() == ENTERED)
    assert [seen.status for seen in other.seen("/device/refresh")] == [403, 200]


def test_a_server_in_trouble_costs_no_key(either: Either, other: IndependentServer) -> None:
    bind(either, other)
    either.open(f"{other.origin}/")
    other.broken = 503
    either.lose(TICKET)
    assert either.script(ASK) == 401
    assert either.keys() == 1
    other.broken = 0
    assert either.script(ASK) == 200


@pytest.mark.parametrize("how", ["farewell", "not found"])
def test_the_server_ends_the_session_at_a_refresh(either: Either, other: IndependentServer, how: str) -> None:
    bind(either, other)
    either.open(f"{other.origin}/")
    other.farewell = how == "farewell"
    other.broken = 404 if how == "not found" else 0
    either.lose(TICKET)
    assert either.script(ASK) == 401
    either.until(lambda: either.keys() == 0)
    assert either.status(other.origin)["state"] == "ended"


def test_clear_site_data_ends_the_session(either: Either, other: IndependentServer) -> None:
    bind(either, other)
    either.open(f"{other.origin}/sign-out")
    either.until(lambda: either.keys() == 0)
    assert either.status(other.origin)["state"] == "ended"
    refreshes = len(other.seen("/device/refresh"))
    either.open(f"{other.origin}/private")
    assert either.text() == "No ticket"
    assert len(other.seen("/device/refresh")) == refreshes
