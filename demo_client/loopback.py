"""The redirect address of a program on this machine: a listener on a free port of 127.0.0.1 (RFC 8252 §7.3).

It has three pages. `/start/<secret>` is the link that the user opens: it pushes the request and sends the browser on,
so that the link outlives the minute for which a pushed request is good. `/callback` takes the answer, and sends the
browser to `/done`, so that the code does not stay in its address bar.
"""

from __future__ import annotations

import html
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from demo_client.errors import ClientError

HOST = "127.0.0.1"
CALLBACK, DONE = "/callback", "/done"
REQUEST_SECONDS = 5.0
AFTERWARDS_SECONDS = 2.0
"""How long the browser has to fetch the last page."""

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:1.1rem system-ui;margin:20vh auto;max-width:32rem;padding:0 1rem;color-scheme:light dark}}</style>
<h1>{title}</h1><p>{text}</p></html>"""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


class Loopback:
    """One listener for one login.

    Args:
        begin: makes the address to send the browser to, for this redirect address, and the state that its answer bears.
    """

    def __init__(self, begin: Callable[[str], tuple[str, str]]) -> None:
        self._begin = begin
        self._states: list[str] = []
        self._start = f"/start/{secrets.token_urlsafe(24)}"
        self._answer: Mapping[str, str] | None = None
        self._problem: ClientError | None = None
        self._settled, self._shown = threading.Event(), threading.Event()
        # A thread each: browsers open connections ahead of need, and say nothing on them.
        self._server = _Server((HOST, 0), self._handler())
        self._server.daemon_threads, self._server.block_on_close = True, False
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.origin = f"http://{HOST}:{self._server.server_port}"

    @property
    def redirect_uri(self) -> str:
        """RFC 8252 §7.3: any port of an address that is registered without one."""
        return f"{self.origin}{CALLBACK}"

    @property
    def link(self) -> str:
        """What the user opens."""
        return f"{self.origin}{self._start}"

    def wait(self, seconds: float) -> Mapping[str, str]:
        """Serve until the answer has come.

        Args:
            seconds: how long.

        Returns:
            The parameters of the answer; its `state` is one of ours.

        Raises:
            ClientError: nobody answered in time, or the request could not be made.
        """
        _wait(self._settled, seconds)
        if self._problem is not None:
            raise self._problem
        if self._answer is None:
            raise ClientError(f"nobody answered in the browser for {seconds:.0f} s.", "Run the command again.")
        _wait(self._shown, AFTERWARDS_SECONDS)
        return self._answer

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def _get(self, host: str, target: str) -> tuple[int, str, str]:
        """Status, where to (or nothing), and the page's text."""
        parts = urlsplit(target)
        # A name that somebody has pointed at 127.0.0.1 must not reach this (DNS rebinding).
        if host != f"{HOST}:{self._server.server_port}":
            return 421, "", "This address is for one program on this machine."
        if secrets.compare_digest(parts.path.encode(), self._start.encode()):
            return self._begun()
        if parts.path == CALLBACK:
            return self._called_back(dict(parse_qsl(parts.query, keep_blank_values=True)))
        if parts.path == DONE and self._answer is not None:
            failed = "error" in self._answer
            return 200, "", _DECLINED if failed else _DONE
        return 404, "", "There is nothing here."

    def _begun(self) -> tuple[int, str, str]:
        try:
            url, state = self._begin(self.redirect_uri)
        except ClientError as error:
            self._problem = error
            self._settled.set()
            return 502, "", f"{error} {error.hint}"
        self._states.append(state)
        return 303, url, ""

    def _called_back(self, answer: Mapping[str, str]) -> tuple[int, str, str]:
        # RFC 6749 §10.12: an answer to nobody's question is somebody else's; the right one may still come.
        state = answer.get("state", "").encode()
        if not any(secrets.compare_digest(state, ours.encode()) for ours in self._states):
            return 400, "", "This answer does not belong to a login that was begun here."
        if self._answer is None:
            self._answer = answer
            self._settled.set()
        return 303, DONE, ""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            timeout = REQUEST_SECONDS  # a connection that says nothing must not hold up the answer

            def do_GET(self) -> None:
                status, location, text = listener._get(self.headers.get("Host", ""), self.path)
                title = "Boundgate demo client"
                body = b"" if location else _PAGE.format(title=title, text=html.escape(text)).encode()
                self.send_response(status)
                for name, value in _HEADERS.items():
                    self.send_header(name, value)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                if status == 200:
                    listener._shown.set()

            def log_message(self, *_: object) -> None:
                """Nothing: the address holds a code."""

        return Handler


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A browser that goes away in the middle is no event, and its address may hold a code."""


_DONE = "The program has its answer. You can close this tab and go back to the terminal."
_DECLINED = "The program was told that you declined. You can close this tab."


def _wait(event: threading.Event, seconds: float) -> None:
    """In slices, so that Ctrl-C is heard on every platform."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0 and not event.wait(min(left, 0.5)):
        pass
