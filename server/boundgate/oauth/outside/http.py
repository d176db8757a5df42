"""The way to providers: HTTPS by aiohttp, within limits."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import aiohttp

from boundgate import __version__
from boundgate.oauth.outside.errors import OutsideUnreachable
from boundgate.oauth.outside.metadata import DOCUMENT_MAX_BYTES
from boundgate.oauth.outside.ports import WebAnswer

TOTAL_SECONDS = 10.0
_log = logging.getLogger(__name__)


class HttpWeb:
    """`Web` over reused connections. No redirect is followed, no cookie kept, no proxy of the environment used."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str) -> WebAnswer:
        """See the port."""
        return await self._send("GET", url, None, {"Accept": "application/json"})

    async def post_form(self, url: str, body: str, headers: Mapping[str, str]) -> WebAnswer:
        """See the port."""
        return await self._send("POST", url, body.encode(), headers)

    async def aclose(self) -> None:
        """See the port."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> WebAnswer:
        try:
            async with self._opened().request(
                method, url, data=body, headers=headers, allow_redirects=False
            ) as response:
                read = await response.content.read(DOCUMENT_MAX_BYTES + 1)
                while len(read) <= DOCUMENT_MAX_BYTES and (more := await response.content.readany()):
                    read += more
                answered = {name.lower(): value for name, value in response.headers.items()}
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # The operating system's words may hold addresses; the operator reads the kind, callers a sentence.
            _log.warning("a sign-in provider cannot be reached: %s", type(error).__name__)
            raise _unreachable() from None
        if len(read) > DOCUMENT_MAX_BYTES:
            _log.warning("a sign-in provider sent more than %d bytes", DOCUMENT_MAX_BYTES)
            raise _unreachable()
        return WebAnswer(status=status, headers=answered, body=read)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS),
                headers={"User-Agent": f"boundgate/{__version__}"},
            )
        return self._session


def _unreachable() -> OutsideUnreachable:
    return OutsideUnreachable(
        "The sign-in provider does not answer at the moment. Try again, or use your passkey without it."
    )
