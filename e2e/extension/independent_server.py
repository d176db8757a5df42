"""A small DBSC server written from the W3C draft alone: nothing of Boundgate is in it, so that a client that works here
speaks the standard and not our dialect. One session per sign-in, one cookie, nothing stored.

https://w3c.github.io/webappsec-dbsc/
"""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

TICKET, ATTRIBUTES = "ticket", "Path=/; Secure; HttpOnly; SameSite=Lax"
UNREADABLE = (KeyError, TypeError, ValueError, InvalidSignature)
Answer = tuple[int, list[tuple[str, str]], str]


@dataclass
class Session:
    """One device: its key, the challenge that its next proof must answer, the tickets it got and when they expire."""

    key: Any
    challenge: str = ""
    tickets: dict[str, float] = field(default_factory=dict)


class Seen(NamedTuple):
    """One request and its answer's status."""

    method: str
    path: str
    headers: dict[str, str]
    status: int


class IndependentServer:
    """The protocol. A test may set `ticket_seconds`, `broken` (a status for each refresh), `farewell` (the next refresh
    ends the session) and further `files`, hold `gate` to let refreshes wait, and read all that is kept."""

    def __init__(self) -> None:
        self.origin, self.files = "", dict[str, tuple[str, str]]()
        self.gate, self.arrived = threading.Lock(), 0
        self.ticket_seconds, self.broken, self.farewell = 600, 0, False
        self.log, self.challenges = list[Seen](), list[str]()
        self.offers, self.sessions = dict[str, str](), dict[str, Session]()

    def seen(self, path: str) -> list[Seen]:
        """What was asked at one path, oldest first."""
        return [seen for seen in list(self.log) if seen.path == path]

    def answer(self, method: str, path: str, headers: dict[str, str]) -> Answer:
        """Status, headers and body."""
        if (method, path) == ("POST", "/device/register"):
            return self._register(headers)
        if (method, path) == ("POST", "/device/refresh"):
            return self._refresh(headers)
        if path == "/sign-in":
            return 200, self._offer(), "Signed in"
        if path == "/sign-out":
            self.sessions.clear()
            return 200, [("Clear-Site-Data", '"cookies"')], "Signed out"
        if path == "/private":
            return (200, [], "Private") if self._has_ticket(headers) else (401, [], "No ticket")
        text = "Home" if path == "/" else self.files.get(path, ("", ""))[1]
        return 200 if text else 404, [], text

    def _challenge(self) -> str:
        self.challenges.append(secrets.token_urlsafe(24))
        return self.challenges[-1]

    def _offer(self) -> list[tuple[str, str]]:
        # DBSC §8.1: algorithms that the key may have, where to register it, and what its proof must say.
        challenge, authorization = self._challenge(), secrets.token_urlsafe(24)
        self.offers[challenge] = authorization
        parameters = f'path="/device/register";challenge="{challenge}";authorization="{authorization}"'
        cookie = f"visitor={secrets.token_urlsafe(8)}; {ATTRIBUTES}; Max-Age=86400"
        return [("Set-Cookie", cookie), ("Secure-Session-Registration", f"(ES256);{parameters}")]

    def _register(self, headers: dict[str, str]) -> Answer:
        # DBSC §8.7: the proof brings the key. There is no second try: whoever fails signs in again.
        key = None
        with suppress(*UNREADABLE):
            given = _public_key(_json(headers["secure-session-response"], 0)["jwk"])
            claims = _proven(headers["secure-session-response"], given)
            key = given if self.offers.pop(claims["jti"]) == claims["authorization"] else None
        if key is None:
            return 403, [], ""
        session_id = secrets.token_urlsafe(12)
        self.sessions[session_id] = Session(key)
        # DBSC §9.2: which requests need the ticket, and where it is renewed.
        outside = [{"type": "exclude", "domain": "*", "path": "/sign-out"}]
        instructions = {
            "session_identifier": session_id,
            "refresh_url": "/device/refresh",
            "scope": {"origin": self.origin, "include_site": False, "scope_specification": outside},
            "credentials": [{"type": "cookie", "name": TICKET, "attributes": ATTRIBUTES}],
        }
        return 200, [self._ticket(session_id)], json.dumps(instructions)

    def _refresh(self, headers: dict[str, str]) -> Answer:
        # DBSC §8.8. The identifier is a structured string (§8.4), which Chromium sends without its quotes.
        self.arrived += 1
        with self.gate:
            session = self.sessions.get(session_id := headers.get("sec-secure-session-id", "").strip('"'))
        if self.broken or session is None:
            return self.broken or 404, [], ""
        if self.farewell:
            del self.sessions[session_id]
            return 200, [], json.dumps({"session_identifier": session_id, "continue": False})
        asked, session.challenge = session.challenge, self._challenge()
        with suppress(*UNREADABLE):
            if asked and _proven(headers["secure-session-response"], session.key)["jti"] == asked:
                # An empty body leaves the instructions as they are.
                return 200, [self._ticket(session_id)], ""
        # DBSC §8.2: the client signs this and comes again.
        return 403, [("Secure-Session-Challenge", f'"{session.challenge}";id="{session_id}"')], ""

    def _ticket(self, session_id: str) -> tuple[str, str]:
        ticket, life = secrets.token_urlsafe(18), self.ticket_seconds
        self.sessions[session_id].tickets[ticket] = time.time() + life
        return "Set-Cookie", f"{TICKET}={ticket}; {ATTRIBUTES}; Max-Age={life}"

    def _has_ticket(self, headers: dict[str, str]) -> bool:
        found = SimpleCookie(headers.get("cookie", "")).get(TICKET)
        return any(found and each.tickets.get(found.value, 0) > time.time() for each in list(self.sessions.values()))


def _proven(proof: str, key: Any) -> dict[str, Any]:
    """What a proof claims, its signature by `key` being right (DBSC §8.3: a compact JWS, quoted or not)."""
    header, signed, raw = _json(proof, 0), proof.strip('"').rpartition(".")[0], _bytes(proof.rpartition(".")[2])
    if (header["typ"], header["alg"], len(raw)) != ("dbsc+jwt", "ES256", 64):
        raise ValueError("this is no proof")
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    key.verify(encode_dss_signature(r, s), signed.encode(), ECDSA(SHA256()))
    return _json(proof, 1)


def _public_key(jwk: dict[str, str]) -> Any:
    if (jwk["kty"], jwk["crv"]) != ("EC", "P-256") or "d" in jwk:
        raise ValueError("a public key on P-256 is expected")
    x, y = (int.from_bytes(_bytes(jwk[name]), "big") for name in ("x", "y"))
    return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()


def _json(proof: str, part: int) -> dict[str, Any]:
    return json.loads(_bytes(proof.split(".")[part]))


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.strip('"') + "==")


class _Handler(BaseHTTPRequestHandler):
    site: IndependentServer

    def _serve(self) -> None:
        headers, path = {name.lower(): value for name, value in self.headers.items()}, self.path.partition("?")[0]
        status, more, body = self.site.answer(self.command, path, headers)
        self.site.log.append(Seen(self.command, path, headers, status))
        kind = "application/json" if path.startswith("/device/") else self.site.files.get(path, ("text/html", ""))[0]
        self.send_response_only(status)
        for name, value in (*more, ("Content-Type", kind)):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode("ascii"))

    do_GET = do_POST = _serve  # noqa: N815 - the library's names


@contextmanager
def independent_server(cert_file: Path, key_file: Path) -> Iterator[IndependentServer]:
    """Run one over TLS on a free port of this machine."""
    site = IndependentServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    # The handshake is made by the thread of its connection: a browser opens some that it does not use yet.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    site.origin = f"https://localhost:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
