"""A small OpenID provider over TLS, which is none of ours; and one that sends browsers on to another provider."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.outside import SoftProvider


class Provider(SoftProvider):
    """`SoftProvider` behind a socket. `onward` gives where the authorization endpoint sends a browser."""

    onward: Callable[[str], str] | None = None

    def send_on(self, url: str) -> str:
        return self.onward(url) if self.onward is not None else self.authorize(url)


@contextmanager
def serving(tls_dir: Path) -> Iterator[Provider]:
    """Serve a provider with the run's certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if urlsplit(self.path).path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.send_on(self.path))
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _answer(self, body: str) -> None:
            answer = provider.handle(self.command, self.path, body, dict(self.headers.items()))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls_dir / "cert.pem", tls_dir / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    provider = Provider(f"https://localhost:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
