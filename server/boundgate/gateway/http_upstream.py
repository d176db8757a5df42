"""An OpenAI-compatible API over HTTP."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from boundgate import __version__
from boundgate.errors import UpstreamError, UpstreamTimeout
from boundgate.gateway.headers import passed_headers
from boundgate.gateway.upstream import Headers, UpstreamFailure, UpstreamRequest
from boundgate.private_files import read_secret

KEY_FILE_MOST_BYTES = 8192
LINGER_SECONDS = 0.25
SHORTEST_SECRET = 6
_BASE_URL = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
_log = logging.getLogger(__name__)


class UpstreamConfigError(Exception):
    """The upstream cannot be used as configured; the message never holds the key."""


def read_api_key(path: Path) -> str:
    """The key in a file, without surrounding white space.

    Raises:
        UpstreamConfigError: unreadable, empty, or not a key.
    """
    try:
        key = read_secret(path, max_bytes=KEY_FILE_MOST_BYTES)
    except OSError as error:
        raise UpstreamConfigError(f"{path}: cannot be read ({type(error).__name__})") from None
    return _checked_key(key or "", where=str(path))


class HttpUpstream:
    """One API behind one key, over reused connections. Proxies of the environment and redirects are not followed.

    Args:
        base_url: such as `https://api.openai.com/v1`.
        api_key: sent as a Bearer token; None for an upstream that wants none.
        connect_timeout_seconds: for a free connection, and for making one.
        read_timeout_seconds: the longest silence within an answer.

    Raises:
        UpstreamConfigError: an address or a key that cannot be meant.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None,
        connect_timeout_seconds: float,
        read_timeout_seconds: float,
        max_connections: int,
    ) -> None:
        self._base_url, host = _checked_url(base_url)
        self._api_key = None if api_key is None else _checked_key(api_key, where="upstream_api_key")
        self._timeout = aiohttp.ClientTimeout(
            total=None,
            connect=connect_timeout_seconds,
            sock_connect=connect_timeout_seconds,
            sock_read=read_timeout_seconds,
        )
        self._max_connections = max_connections
        self._session: aiohttp.ClientSession | None = None
        hidden = (self._api_key, base_url, host)
        self.secrets = tuple(text for text in hidden if text and len(text) >= SHORTEST_SECRET)

    async def open(self, request: UpstreamRequest) -> _HttpAnswer:
        """See the port."""
        try:
            response = await self._opened_session().post(
                self._base_url + request.path,
                data=request.body,
                headers=self._headers(request),
                allow_redirects=False,
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _failure(error) from None
        return _HttpAnswer(response)

    async def aclose(self) -> None:
        """See the port."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._max_connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                skip_auto_headers=("User-Agent", "Accept-Encoding"),
            )
        return self._session

    def _headers(self, request: UpstreamRequest) -> dict[str, str]:
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream" if request.stream else "application/json",
            "accept-encoding": "identity",
            "user-agent": f"boundgate/{__version__}",
            "x-request-id": request.request_id,
        }
        if self._api_key is not None:
            headers["authorization"] = f"Bearer {self._api_key}"
        return headers


class _HttpAnswer:
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Headers = passed_headers(response.headers.items())

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _failure(error) from None

    async def close(self) -> None:
        """Read the little that follows the end of an answer, so that the connection can be used again."""
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                await self._response.content.readany()
        except (aiohttp.ClientError, TimeoutError, OSError):
            pass
        finally:
            if not self._response.closed:
                self._response.close()


def _failure(error: Exception) -> UpstreamFailure:
    """What a caller may know of a network error: neither the address nor the operating system's words."""
    _log.warning("the upstream failed: %s", type(error).__name__)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return UpstreamFailure(UpstreamTimeout("The model's provider could not be reached in time."), sent=False)
    if isinstance(error, aiohttp.ClientConnectorError | ssl.SSLCertVerificationError):
        return UpstreamFailure(UpstreamError("The model's provider cannot be reached at the moment."), sent=False)
    if isinstance(error, TimeoutError):
        return UpstreamFailure(UpstreamTimeout("The model's provider fell silent. Try again later."), sent=True)
    return UpstreamFailure(UpstreamError("The connection to the model's provider broke off."), sent=True)


def _checked_url(base_url: str) -> tuple[str, str]:
    if not _BASE_URL.fullmatch(base_url):
        raise UpstreamConfigError("upstream_base_url must look like https://host[:port]/path, without a key in it")
    return base_url.rstrip("/"), urlsplit(base_url).hostname or ""


def _checked_key(key: str, *, where: str) -> str:
    if not 0 < len(key) <= KEY_FILE_MOST_BYTES or not key.isascii() or not key.isprintable() or " " in key:
        raise UpstreamConfigError(f"{where}: must hold the upstream's key and nothing else")
    return key
