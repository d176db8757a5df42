"""An OpenAI-compatible upstream that records what it is sent, and answers with credentials that must go no further."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USAGE = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}


@dataclass
class Upstream:
    """What it was sent; the address to configure."""

    base_url: str
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def recording_upstream() -> Iterator[Upstream]:
    """Run one on a free port of this machine."""
    seen = Upstream("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            seen.requests.append((self.path, dict(self.headers), body))
            if json.loads(body).get("stream"):
                self._answer("text/event-stream", b"".join(_events()))
            else:
                choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}
                document = _completion("chat.completion") | {"choices": [choice], "usage": USAGE}
                self._answer("application/json", json.dumps(document).encode())

        def _answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            for name, value in (
                ("Content-Type", kind),
                ("Content-Length", str(len(body))),
                ("Set-Cookie", "upstream-cookie=1"),
                ("OpenAI-Organization", "org-secret"),
                ("X-Upstream-Key", "sk-upstream"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()


def _completion(kind: str) -> dict[str, object]:
    return {"id": "c1", "object": kind, "created": 1, "model": "gpt-5.2-mini"}


def _events() -> Iterator[bytes]:
    for content in ("h", "i"):
        chunk = _completion("chat.completion.chunk") | {
            "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": None}]
        }
        yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
    last = _completion("chat.completion.chunk") | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    yield b"data: " + json.dumps(last).encode() + b"\n\n"
    yield (
        b"data: "
        + json.dumps(_completion("chat.completion.chunk") | {"choices": [], "usage": USAGE}).encode()
        + b"\n\n"
    )
    yield b"data: [DONE]\n\n"
