"""An application with logins on bare ASGI, and browsers in software that visit it, or any other.

`SoftBrowser` keeps cookies and DBSC as Chromium does, over raw ASGI, so that one set of tests fits every framework. A
copy of its jar is a thief.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode

from boundgate.protect import DeviceBound, Event, MemoryStore, cookie
from boundgate.protect.visit import current_visit
from tests.support.keys import FakeClock, counting_random
from tests.support.soft_browser import SoftDbsc, read_challenge, read_offers, refresh_headers, registration_headers

ORIGIN = "https://app.example.com"
BOUND, FRESH, NEW = "__Host-dbsc", "__Host-dbsc-fresh", "__Host-dbsc-new"
KEY = b"a secret of thirty-two bytes....."
EXCLUDED = ("/login", "/logout", "/static")


class Response:
    """What came back."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        start = messages[0]
        assert start["type"] == "http.response.start"
        self.status: int = start["status"]
        self.fields = [(name.decode().lower(), value.decode()) for name, value in start["headers"]]
        self.body = b"".join(message.get("body", b"") for message in messages[1:])

    def header(self, name: str) -> str | None:
        return next((value for field, value in self.fields if field == name.lower()), None)

    def cookies(self) -> dict[str, str]:
        """Cookies set, an empty text for those that expire."""
        found = {}
        for name, value in self.fields:
            if name == "set-cookie":
                for key, morsel in SimpleCookie(value).items():
                    found[key] = "(expired)" if morsel["max-age"] == "0" else morsel.value
        return found

    @property
    def code(self) -> str:
        """Of a problem document."""
        return str(json.loads(self.body)["code"])


class LoginApp:
    """Logins, an account, and a transfer, as an application would write them."""

    def __init__(self, dbsc: DeviceBound) -> None:
        self.dbsc, self.sessions, self.ran = dbsc, {}, []
        self.answering: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        path = scope["path"]
        self.ran.append(path)
        self.headers: Any = _Headers()
        text = {"/login": self._login, "/logout": self._logout}.get(path)
        content = await text(scope, body) if text else await self._page(path, body)
        await send({"type": "http.response.start", "status": 200, "headers": self.headers.raw})
        await send({"type": "http.response.body", "body": content})

    async def _login(self, scope: Any, body: bytes) -> bytes:
        fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        sid = f"sid-{len(self.sessions) + 1}"
        self.sessions[sid] = fields["user"]
        self.headers.add("Set-Cookie", f"sid={sid}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=100000")
        self.dbsc.bind(self, session_id=sid, user=fields["user"], replaces=fields.get("replaces"))
        return sid.encode()

    async def _logout(self, scope: Any, body: bytes) -> bytes:
        sid = next(pair.split("=")[1] for pair in _cookie_header(scope).split("; ") if pair.startswith("sid="))
        self.sessions.pop(sid)
        await self.dbsc.terminate(sid, response=self)
        return b"bye"

    async def _page(self, path: str, body: bytes) -> bytes:
        if path == "/transfer" and await current_visit().stop(30) is not None:
            return b""
        if path == "/standing":
            return (await self.dbsc.standing()).value.encode()
        if self.answering is not None:
            await self.answering()
        return b"secret " + body


class _Headers:
    def __init__(self) -> None:
        self.raw: list[tuple[bytes, bytes]] = []

    def add(self, name: str, value: str) -> None:
        self.raw.append((name.lower().encode(), value.encode()))


def _cookie_header(scope: Any) -> str:
    return dict(scope["headers"]).get(b"cookie", b"").decode()


class Rig:
    """`LoginApp`, protected, under a clock that stands still; `options` are those of `DeviceBound`."""

    def __init__(self, *, clock: FakeClock | None = None, **options: Any) -> None:
        self.clock = clock or FakeClock()
        self.events: list[Event] = []
        self.dbsc = DeviceBound(
            **{
                "origin": ORIGIN,
                "session_id": cookie("sid"),
                "key": KEY,
                "store": MemoryStore(),
                "protected": ("/account",),
                "excluded": EXCLUDED,
                "on_event": self.events.append,
                "clock": self.clock,
                "random": counting_random(),
            }
            | options
        )
        self.login_app = LoginApp(self.dbsc)
        self.app: Any = self.dbsc.wrap(self.login_app)

    def browser(self, **options: Any) -> SoftBrowser:
        return SoftBrowser(self.app, self.clock, **options)

    async def owner(self, user: str = "alice", **options: Any) -> SoftBrowser:
        """Somebody who has signed in and is bound."""
        browser = self.browser(**options)
        await browser.sign_in(user)
        assert browser.key is not None
        return browser

    def told(self) -> list[str]:
        """Names of the events so far, with their reasons."""
        return [" ".join(filter(None, (type(e).__name__, getattr(e, "reason", "")))) for e in self.events]

    async def close(self) -> None:
        await self.dbsc.close()


@dataclass
class SoftBrowser:
    """One browser profile."""

    app: Any
    clock: FakeClock
    address: str = "192.0.2.7"
    dbsc: bool = True
    origin: str = ORIGIN
    excluded: tuple[str, ...] = ("/dbsc", *EXCLUDED)
    credentials: tuple[str, str] = (BOUND, FRESH)
    jar: dict[str, tuple[str, float]] = field(default_factory=dict)
    key: SoftDbsc | None = None
    session_id: str | None = None
    challenge: str | None = None
    offer: str | None = None
    refreshes: int = 0

    def copy_jar(self, *, address: str | None = None) -> SoftBrowser:
        """A thief with this jar and nothing else."""
        return SoftBrowser(self.app, self.clock, address or self.address, dbsc=False, jar=dict(self.jar))

    def cookie(self, name: str) -> str | None:
        value, expires_at = self.jar.get(name, ("", 0.0))
        return value if expires_at > self.clock() else None

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        cookies: bool = True,
    ) -> Response:
        """One request as it is, with the jar; nothing is refreshed and no redirect followed."""
        sent = {"Host": self.origin.removeprefix("https://")} | (headers or {})
        jar = {name: value for name in self.jar if (value := self.cookie(name)) is not None}
        if cookies and jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        response = await ask(self.app, method, path, headers=sent, body=body, address=self.address)
        self._keep(response)
        return response

    async def visit(self, method: str, path: str, *, body: bytes = b"", page: bool = False, **headers: str) -> Response:
        """A request from a page of the application, or with `page` a navigation; 307 is followed, as Chromium does."""
        dest = _fetch("none" if method == "GET" else "same-origin", "navigate", "document") | {"Accept": "text/html"}
        sent = (dest if page else _fetch("same-origin", "cors", "empty")) | headers
        for _ in range(20):
            await self._refresh_if_needed(path)
            response = await self.send(method, path, body=body, headers=sent)
            if response.status != 307:
                return response
            assert response.header("location") == path
        raise AssertionError("too many redirects")

    async def sign_in(self, user: str = "alice", **fields: str) -> Response:
        body = urlencode({"user": user, "password": "correct horse"} | fields).encode()
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        response = await self.visit("POST", "/login", body=body, page=True, **form)
        if self.dbsc and self.offer is not None:
            await self.register()
        return response

    async def sign_out(self) -> Response:
        return await self.visit("POST", "/logout", page=True)

    async def register(self, key: SoftDbsc | None = None) -> Response:
        """Answer the last offer with a new key."""
        offer = read_offers(self.offer or "")[0]
        key = key or SoftDbsc.for_offer(offer)
        proof = key.registration_proof(offer.challenge, offer.authorization)
        response = await self.send("POST", offer.path, headers=registration_headers(proof, origin=self.origin))
        if response.status == 200:
            self.key, self.session_id = key, json.loads(response.body)["session_identifier"]
            self._note_challenge(response)
        return response

    async def refresh(self) -> Response:
        """Chromium's refresh: with the challenge at hand, else for one; a few rounds at most."""
        assert self.key is not None
        assert self.session_id is not None
        self.refreshes += 1
        for _ in range(5):
            proof = self.key.refresh_proof(self.challenge) if self.challenge else None
            headers = refresh_headers(self.session_id, proof, origin=self.origin)
            response = await self.send("POST", "/dbsc/refresh", headers=headers)
            self.challenge = None
            self._note_challenge(response)
            if response.status != 403 or self.challenge is None:
                break
        ended = response.status == 200 and json.loads(response.body or b"{}").get("continue") is False
        if ended or (400 <= response.status < 500 and response.status != 403):
            self.key = self.session_id = None
        return response

    async def standing(self) -> str:
        """What the application is told, without any refresh before it."""
        return (await self.send("GET", "/standing", headers=_fetch("same-origin", "cors", "empty"))).body.decode()

    async def _refresh_if_needed(self, path: str) -> None:
        if self.key is None or path.startswith(self.excluded):
            return
        if any(self.cookie(name) is None for name in self.credentials):
            await self.refresh()

    def _note_challenge(self, response: Response) -> None:
        header = response.header("Secure-Session-Challenge")
        if header is not None and self.session_id is not None:
            self.challenge = read_challenge(header, self.session_id) or self.challenge

    def _keep(self, response: Response) -> None:
        self.offer = response.header("Secure-Session-Registration") or self.offer
        self._note_challenge(response)
        for name, value in response.fields:
            if name == "set-cookie":
                for key, morsel in SimpleCookie(value).items():
                    life = int(morsel["max-age"] or 100_000)
                    self.jar.pop(key, None)
                    if life > 0:
                        self.jar[key] = (morsel.value, self.clock() + life)


async def ask(
    app: Any,
    method: str,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    address: str = "192.0.2.7",
) -> Response:
    """One ASGI request, its body in two pieces."""
    target, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "2",
        "method": method,
        "scheme": "https",
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": (address, 40000),
        "server": ("127.0.0.1", 8443),
        "extensions": {},
    }
    middle = len(body) // 2
    incoming = [
        {"type": "http.request", "body": body[:middle], "more_body": True},
        {"type": "http.request", "body": body[middle:], "more_body": False},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not incoming:
            await asyncio.Future()  # the client stays
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await app(scope, receive, send)
    return Response(sent)


def _fetch(site: str, mode: str, dest: str) -> dict[str, str]:
    return {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
