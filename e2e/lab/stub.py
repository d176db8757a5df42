"""A TLS server that does what it is told, for any host, and remembers every request."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from e2e.lab.certificate import LabCertificate
from e2e.lab.wire import NOTHING, PAGE, Answer, Seen

WELL_KNOWN = "/.well-known/device-bound-sessions"
HOLD_SECONDS, WAIT_SECONDS = 60.0, 30.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

Rule = Callable[[Seen], Answer]


class Stub:
    """The scripts, and what was asked. Anything that no script speaks of is a page, but for well-known files: 404."""

    def __init__(self) -> None:
        self.port = 0
        self._lock = threading.Lock()
        self._scripts: dict[tuple[str, str], list[Answer | Rule]] = {}
        self._seen: list[Seen] = []

    def on(self, host: str, path: str, *answers: Answer | Rule) -> None:
        """Answer `path` of `host` so from now on: one after the other, the last one for ever.

        A path that ends in `/*` stands for everything below it.
        """
        with self._lock:
            self._scripts[host, path] = list(answers)

    def seen(self, host: str, path: str | None = None) -> list[Seen]:
        """What `host` was asked, oldest first."""
        with self._lock:
            return [seen for seen in self._seen if seen.host == host and path in {None, seen.path}]

    def all_seen(self) -> list[Seen]:
        """What all hosts were asked, oldest first."""
        with self._lock:
            return list(self._seen)

    def wait_for(self, host: str, path: str, count: int = 1) -> list[Seen]:
        """Wait until it was asked so often."""
        deadline = time.monotonic() + WAIT_SECONDS
        while len(found := self.seen(host, path)) < count:
            assert time.monotonic() < deadline, f"{host}{path} was asked {len(found)} times, not {count}"
            time.sleep(0.01)
        return found

    def answer(self, seen: Seen) -> Answer:
        """Note the request and choose its answer."""
        with self._lock:
            self._seen.append(seen)
            folder = seen.path.rsplit("/", 1)[0] + "/*"
            script = self._scripts.get((seen.host, seen.path)) or self._scripts.get((seen.host, folder))
            chosen = (script.pop(0) if len(script) > 1 else script[0]) if script else None
        if chosen is None:
            return NOTHING if seen.path in {WELL_KNOWN, "/favicon.ico"} else PAGE
        return chosen if isinstance(chosen, Answer) else chosen(seen)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: Any) -> None:
        """A browser that hangs up, or that was reset, is no error here."""


class _Handler(BaseHTTPRequestHandler):
    stub: Stub
    protocol_version = "HTTP/1.1"
    timeout = 90

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_OPTIONS(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        target, host = urlsplit(self.path), headers.get("host", "").partition(":")[0]
        answer = self.stub.answer(Seen(self.command, host, target.path, target.query, headers, body))
        if answer.hold is not None:
            answer.hold.wait(HOLD_SECONDS)
        if answer.reset:
            self._reset()
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in (*answer.headers, ("Cache-Control", "no-store")):
            self.send_header(name, value)
        if answer.status == 304:
            self.end_headers()
            return
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        os.close(self.connection.detach())
        raise ConnectionAbortedError

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def running_stub(certificate: LabCertificate) -> Iterator[Stub]:
    """Run one on a free port of this machine."""
    stub = Stub()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"stub": stub}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert_file, certificate.key_file)
    # The handshake is made by the thread of its connection: a browser opens some that it does not use yet.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    stub.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
