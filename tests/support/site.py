"""A whole Boundgate in this process under a clock that stands still, and browsers in software that visit it.

`SoftBrowser` keeps cookies, Fetch Metadata and DBSC the way Chromium does, and can be made to behave like a thief:
copy its jar, take its key away, move it to another address.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from quart.wrappers import Response

from boundgate.app import Services, create_quart, open_services
from boundgate.routes.dbsc import PATHS
from boundgate.settings import Settings, load_settings
from tests.support.authenticator import SoftAuthenticator
from tests.support.keys import FakeClock
from tests.support.soft_browser import SoftDbsc, read_challenge, read_offers, refresh_headers, registration_headers

ORIGIN = "https://localhost:8443"
LOGIN, BOUND, FRESH = "__Host-bg-login", "__Host-bg-bound", "__Host-bg-fresh"
HELLO = {"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hello"}]}


@dataclass
class Site:
    """The server, its clock, and what it has recorded."""

    services: Services
    clock: FakeClock
    app: Any

    def browser(self, *, address: str = "127.0.0.1", dbsc: bool = True) -> SoftBrowser:
        """Somebody's browser, empty."""
        return SoftBrowser(self, address=address, dbsc=dbsc)

    def routes(self) -> set[tuple[str, str]]:
        """(method, rule) of everything that is served, what is answered below the framework included."""
        framework = {(method, rule.rule) for rule in self.app.url_map.iter_rules() for method in rule.methods or ()}
        return framework | {("POST", PATHS.register), ("POST", PATHS.refresh)}

    async def owner(self, name: str = "alice", **options: Any) -> SoftBrowser:
        """A browser whose user has just enrolled and, with DBSC, is bound."""
        browser = self.browser(**options)
        await browser.enrol(await self.services.enrolment.invite(name))
        return browser

    async def events(self, kind: str = "") -> list[tuple[str, str]]:
        """(kind, outcome) of what was recorded, oldest first, folded ones repeated."""
        await self.services.flush()
        found = await self.services.usage.events(kind_prefix=kind, limit=1000)
        return [(event.kind, event.outcome) for event in reversed(found) for _ in range(event.count)]

    async def decisions(self) -> list[str]:
        """What was decided about the calls to `/v1`, oldest first."""
        await self.services.flush()
        return [call.decision for call in reversed(await self.services.usage.calls(limit=1000))]


@contextlib.asynccontextmanager
async def running_site(data_dir: Path, *, clock: FakeClock | None = None, **options: Any) -> AsyncIterator[Site]:
    """A site over `data_dir`; `options` are settings, or ports of `open_services`."""
    clock = clock or FakeClock()
    ports = {name: options.pop(name) for name in ("upstream", "hot", "beside", "outside_web") if name in options}
    options.setdefault("session_cache_seconds", 1.0)  # tests change the database behind the server's back
    settings: Settings = load_settings(data_dir=data_dir, **options)
    async with open_services(settings, clock=clock, **ports) as services:
        app = create_quart(services)
        app.testing = False
        yield Site(services, clock, app)


@dataclass
class SoftBrowser:
    """One browser profile of one user."""

    site: Site
    address: str = "127.0.0.1"
    dbsc: bool = True
    jar: dict[str, tuple[str, float]] = field(default_factory=dict)
    authenticator: SoftAuthenticator = field(default_factory=lambda: SoftAuthenticator(ORIGIN))
    key: SoftDbsc | None = None
    session_id: str | None = None
    challenge: str | None = None
    agent: str = "Mozilla/5.0 (X11; Linux x86_64) SoftBrowser/1.0"
    offer: str | None = None

    def copy_jar(self, *, address: str | None = None) -> SoftBrowser:
        """A thief with this jar and nothing else."""
        return SoftBrowser(self.site, address or self.address, dbsc=False, jar=dict(self.jar), agent=self.agent)

    def cookie(self, name: str) -> str | None:
        """The jar's value, unless it has expired."""
        value, expires_at = self.jar.get(name, ("", 0.0))
        return value if expires_at > self.site.clock() else None

    async def send(
        self, method: str, path: str, *, body: bytes = b"", headers: dict[str, str] | None = None, cookies: bool = True
    ) -> Response:
        """One request as it is, with the jar; no redirect is followed."""
        sent = {"Host": "localhost:8443", "User-Agent": self.agent} | (headers or {})
        jar = {name: value for name in self.jar if (value := self.cookie(name)) is not None}
        if cookies and jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        client = self.site.app.test_client(use_cookies=False)
        response: Response = await client.open(
            path, method=method, headers=sent, data=body, scheme="https", scope_base={"client": (self.address, 40000)}
        )
        self._keep_cookies(response)
        return response

    async def page(self, path: str) -> Response:
        """A navigation from the address bar."""
        return await self.send("GET", path, headers={"Accept": "text/html", **_fetch("none", "navigate", "document")})

    async def fetch(self, method: str, path: str, value: Any = None, **headers: str) -> Response:
        """A script's fetch on one of our own pages; a 307 is followed after a refresh, as Chromium does."""
        sent = {"Accept": "*/*", **_fetch("same-origin", "cors", "empty")}
        if method != "GET":
            sent |= {"Origin": ORIGIN}
        if value is not None:
            sent |= {"Content-Type": "application/json"}
        body = json.dumps(value).encode() if value is not None else b""
        await self._refresh_if_needed(path)
        for _ in range(20):
            response = await self.send(method, path, body=body, headers=sent | headers)
            if response.status_code != 307:
                return response
            await self._refresh_if_needed(path)
        raise AssertionError("too many redirects")

    async def submit(self, path: str, **fields: str) -> Response:
        """A native form post."""
        headers = {
            "Accept": "text/html",
            "Origin": ORIGIN,
            "Content-Type": "application/x-www-form-urlencoded",
            **_fetch("same-origin", "navigate", "document"),
        }
        response = await self.send("POST", path, body=urlencode(fields).encode(), headers=headers)
        offer = response.headers.get("Secure-Session-Registration")
        if offer is not None:
            self.offer = offer
            if self.dbsc:
                await self.register()
        return response

    async def enrol(self, token: str) -> Response:
        """Follow an enrolment link to its end."""
        options = await (await self.fetch("POST", "/enrol/options", {"token": token})).get_json()
        credential = self.authenticator.create(options["publicKey"])
        return await self.submit("/enrol", token=token, credential=json.dumps(credential), name="laptop")

    async def sign_in(self) -> Response:
        """Sign in with the passkey that this browser's authenticator holds."""
        options = await (await self.fetch("POST", "/sign-in/options", {})).get_json()
        return await self.submit("/sign-in", credential=json.dumps(self.authenticator.get(options["publicKey"])))

    async def confirm(self, act: str, target: str | None = None) -> str:
        """An assertion for one act."""
        options = await (await self.fetch("POST", "/account/confirm", {"act": act, "target": target})).get_json()
        return json.dumps(self.authenticator.get(options["publicKey"]))

    async def register(self) -> Response:
        """Answer the last offer with a new key."""
        offer = read_offers(self.offer or "")[0]
        key = SoftDbsc.for_offer(offer)
        headers = registration_headers(key.registration_proof(offer.challenge, offer.authorization), origin=ORIGIN)
        response = await self.send("POST", offer.path, headers=headers)
        if response.status_code == 200:
            instructions = await response.get_json(force=True)
            self.key, self.session_id = key, instructions["session_identifier"]
            self._note_challenge(response)
        return response

    async def refresh(self) -> Response:
        """Chromium's refresh: with the challenge at hand, else for one; a few rounds at most."""
        assert self.key is not None
        assert self.session_id is not None
        for _ in range(5):
            proof = self.key.refresh_proof(self.challenge) if self.challenge else None
            headers = refresh_headers(self.session_id, proof, origin=ORIGIN)
            response = await self.send("POST", "/dbsc/refresh", headers=headers)
            self.challenge = None
            self._note_challenge(response)
            if response.status_code != 403 or self.challenge is None:
                break
        if 400 <= response.status_code < 500 and response.status_code != 403:
            self.key = self.session_id = None
        return response

    async def state(self) -> dict[str, Any]:
        """`GET /session` without any refresh before it."""
        response = await self.send("GET", "/session", headers=_fetch("same-origin", "cors", "empty"))
        state: dict[str, Any] = await response.get_json()
        return state

    async def chat(self, **changes: Any) -> Response:
        """One chat completion from a page of ours."""
        return await self.fetch("POST", "/v1/chat/completions", HELLO | changes)

    async def bare_chat(self, **headers: str) -> Response:
        """One chat completion exactly as the jar stands: what a copied cookie is worth."""
        sent = {"Content-Type": "application/json", "Origin": ORIGIN, **_fetch("same-origin", "cors", "empty")}
        body = json.dumps(HELLO).encode()
        return await self.send("POST", "/v1/chat/completions", body=body, headers=sent | headers)

    async def _refresh_if_needed(self, path: str) -> None:
        excluded = ("/dbsc", "/static", "/sign-out", "/oauth", "/.well-known", "/healthz", "/readyz", "/metrics")
        if self.key is None or path.startswith(excluded):
            return
        if self.cookie(BOUND) is None or self.cookie(FRESH) is None:
            await self.refresh()

    def _note_challenge(self, response: Response) -> None:
        header = response.headers.get("Secure-Session-Challenge")
        if header is not None and self.session_id is not None:
            self.challenge = read_challenge(header, self.session_id)

    def _keep_cookies(self, response: Response) -> None:
        for line in response.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                assert morsel["secure"], f"{name} is not Secure"
                assert morsel["httponly"], f"{name} is not HttpOnly"
                assert (morsel["path"], morsel["domain"], morsel["samesite"]) == ("/", "", "Lax")
                if int(morsel["max-age"]) <= 0:
                    self.jar.pop(name, None)
                else:
                    self.jar[name] = (morsel.value, self.site.clock() + int(morsel["max-age"]))


def _fetch(site: str, mode: str, dest: str) -> dict[str, str]:
    return {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
