"""What passes between a browser and the laboratory: one request as it came, one answer as it is to be given."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from typing import Any

REGISTRATION, CHALLENGE = "Secure-Session-Registration", "Secure-Session-Challenge"
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
RESPONSE, SESSION_ID, SKIPPED = "secure-session-response", "sec-secure-session-id", "secure-session-skipped"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request. Names of fields are in lower case; `path` has no query."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that it carried."""
        return {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("cookie", "")).items()}

    @property
    def skipped(self) -> str | None:
        """`Secure-Session-Skipped`"""
        return self.headers.get(SKIPPED)

    @property
    def session_id(self) -> str | None:
        """`Sec-Secure-Session-Id`"""
        return self.headers.get(SESSION_ID)

    @property
    def proof(self) -> str | None:
        """`Secure-Session-Response`"""
        return self.headers.get(RESPONSE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send.

    Args:
        hold: wait for this event first (at most a minute).
        reset: send nothing and reset the connection.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    hold: threading.Event | None = field(default=None, compare=False)
    reset: bool = False

    def having(self, *headers: tuple[str, str], **changes: Any) -> Answer:
        """The same with more header fields, or with other parts."""
        return replace(self, headers=(*self.headers, *headers), **changes)


PAGE = Answer(200, (("Content-Type", "text/html"),), b"<!doctype html><title>lab</title><link rel=icon href=data:,>")
NOTHING = Answer(404)
RESET = Answer(reset=True)


def page(*headers: tuple[str, str], html: str = "", status: int = 200) -> Answer:
    """A page, with these header fields."""
    return PAGE.having(*headers, body=PAGE.body + html.encode(), status=status)


def offer(
    path: str = "/reg", *, challenge: str = "c1", algorithms: str = "ES256", **parameters: str
) -> tuple[str, str]:
    """A registration offer, written by hand: what is proven here is the browser."""
    every = {"path": path, "challenge": challenge} | parameters
    return REGISTRATION, f"({algorithms})" + "".join(f';{name}="{value}"' for name, value in every.items())


def challenge(text: str, session_id: str = "s1") -> tuple[str, str]:
    """A challenge for one session."""
    return CHALLENGE, f'"{text}";id="{session_id}"'


def cookie(name: str = "bound", value: str = "1", attributes: str = ATTRIBUTES) -> tuple[str, str]:
    """A cookie that lives for the whole test, and longer than the 120 s before whose end Chromium renews ahead."""
    return "Set-Cookie", f"{name}={value}; {attributes}; Max-Age=400"


def json_answer(document: object, *headers: tuple[str, str], status: int = 200) -> Answer:
    """A JSON document."""
    return Answer(status, (("Content-Type", "application/json"), *headers), json.dumps(document).encode())
