"""One request to an ASGI application, as octets in and octets out, with nothing in between that could be lenient."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

Fields = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def http_scope(method: str, path: str, *, headers: Fields, client: tuple[str, int]) -> dict[str, Any]:
    """The scope that Hypercorn makes of an HTTP/2 request."""
    target, _, query = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "2",
        "method": method,
        "scheme": "https",
        "path": unquote(target),
        "raw_path": target.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": list(headers),
        "client": client,
        "server": ("127.0.0.1", 8443),
        "extensions": {},
        "state": {},
    }


async def request(
    app: Any, method: str, path: str, *, headers: Fields, body: bytes = b"", client: tuple[str, int]
) -> Answer:
    """Send one request and collect its answer."""
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not messages:
            await asyncio.Event().wait()  # the client stays; whoever waits for more is cancelled
        return messages.pop()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(http_scope(method, path, headers=headers, client=client), receive, send)
    (start,) = [message for message in sent if message["type"] == "http.response.start"]
    parts = [message.get("body", b"") for message in sent if message["type"] == "http.response.body"]
    return Answer(start["status"], list(start["headers"]), b"".join(parts))
