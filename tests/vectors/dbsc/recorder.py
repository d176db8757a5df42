"""A TLS server that offers a session, answers its registration and refreshes, and keeps every request as it came."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COOKIE = "__Host-bound"
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


@dataclass(frozen=True)
class Request:
    """One request to `/dbsc/...`: header fields with their names as written, in their order."""

    method: str
    url: str
    headers: list[tuple[str, str]]

    def value(self, name: str) -> str | None:
        return next((value for own, value in self.headers if own.lower() == name.lower()), None)


@dataclass
class Recorder:
    """What is offered, and what came."""

    port: int = 0
    offer: str = ""
    refresh_challenge: str = ""
    requests: list[Request] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    recorder: Recorder
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        offer = [("Secure-Session-Registration", self.recorder.offer)] if self.path == "/login" else []
        self._answer(200, offer, b"<!doctype html><title>recorder</title>", "text/html")

    def do_POST(self) -> None:
        url = f"https://{self.headers['Host']}{self.path}"
        self.recorder.requests.append(Request(self.command, url, self.headers.items()))
        body = json.dumps(
            {
                "session_identifier": "session",
                "refresh_url": "/dbsc/refresh",
                "scope": {"include_site": False},
                "credentials": [{"type": "cookie", "name": COOKIE, "attributes": ATTRIBUTES}],
            }
        ).encode()
        # A challenge that was sent ahead would be signed at once; asking with 403 shows both kinds of refresh.
        if self.path == "/dbsc/refresh" and "Secure-Session-Response" not in self.headers:
            challenge = f'"{self.recorder.refresh_challenge}";id="session"'
            self._answer(403, [("Secure-Session-Challenge", challenge)], b"", "text/plain")
            return
        value = len(self.recorder.requests)
        cookie = ("Set-Cookie", f"{COOKIE}={value}; {ATTRIBUTES}; Max-Age=600")
        self._answer(200, [cookie], body, "application/json")

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, kind: str) -> None:
        self.send_response_only(status)
        for name, value in [*headers, ("Content-Type", kind), ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def recording(cert_file: Path, key_file: Path) -> Iterator[Recorder]:
    """Run one on a free port of this machine."""
    recorder = Recorder()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"recorder": recorder}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    recorder.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
