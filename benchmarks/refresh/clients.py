"""The browsers' half: connections that sign a proof, post it, and sign the challenge that comes back. No framework."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any, cast

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.support.soft_browser import SoftDbsc

CHALLENGE = re.compile(rb'secure-session-challenge: *"([^"]+)"', re.IGNORECASE)
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Browser(asyncio.Protocol):
    """One connection, one session, one refresh at a time.

    Args:
        session: `id`, `key` (PEM), `challenge`.
        port: on 127.0.0.1.
    """

    def __init__(self, session: dict[str, Any], port: int) -> None:
        self._session, self._port, self._challenge = session["id"], port, session["challenge"]
        self._key = SoftDbsc(key=load_pem_private_key(session["key"].encode(), None))
        self._received = b""
        self._left = 0
        self._done: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    async def refresh(self, times: int) -> None:
        """So many refreshes, one after another. Raises AssertionError where one is not accepted."""
        if self._transport is None:
            await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)
        self._left, self._done = times, asyncio.get_running_loop().create_future()
        self._send()
        await self._done

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's own name
        if self._done is not None and not self._done.done():
            self._done.set_exception(ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < int(LENGTH.search(head)[1]):  # type: ignore[index]
            return
        assert self._done is not None
        if not head.startswith(b"HTTP/1.1 200"):
            self._done.set_exception(AssertionError(head.split(b"\r\n")[0].decode()))
            return
        self._received = b""
        if (challenge := CHALLENGE.search(head)) is not None:
            self._challenge = challenge[1].decode()
        self._left -= 1
        if self._left:
            self._send()
        else:
            self._done.set_result(None)

    def _send(self) -> None:
        assert self._transport is not None
        # The fields that Chromium 156 sends, in its order.
        lines = (
            "POST /dbsc/refresh HTTP/1.1",
            "Host: localhost:8443",
            "Connection: keep-alive",
            "Content-Length: 0",
            "Origin: https://localhost:8443",
            f"Secure-Session-Response: {self._key.refresh_proof(self._challenge)}",
            f"Sec-Secure-Session-Id: {self._session}",
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36",
            "Sec-Fetch-Site: same-origin",
            "Sec-Fetch-Mode: no-cors",
            "Sec-Fetch-Dest: empty",
            "Accept-Encoding: gzip, deflate, br, zstd",
            "Accept-Language: en-US,en;q=0.9",
            f"Cookie: __Host-bg-login={'l' * 43}; __Host-bg-bound={'b' * 150}; __Host-bg-fresh=",
        )
        self._transport.write("\r\n".join((*lines, "", "")).encode())


async def refresh_all(browsers: Sequence[Browser], times: int) -> None:
    """Every browser refreshes so many times; all at once.

    Their process never sleeps meanwhile: to wake it would be booked on the server, and people's browsers are elsewhere.
    """
    loop, running = asyncio.get_running_loop(), True

    def stay_awake() -> None:
        if running:
            loop.call_soon(stay_awake)

    stay_awake()
    await asyncio.gather(*(browser.refresh(times) for browser in browsers))
    running = False
