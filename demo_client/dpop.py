"""`DPoPAuth`: device-bound access tokens (RFC 9449) for httpx and what is built on it, such as the `openai` package.

    with httpx.Client(auth=DPoPAuth(session)) as client: ...
    OpenAI(http_client=DefaultHttpxClient(auth=DPoPAuth(session)), api_key="unused", base_url=session.resource)

Every request gets a proof of its own, signed by the key for this method, address and token and the server's last
nonce. A token that is copied without the key is worth nothing. It works in clients of httpx and httpx2, sync and async,
and needs of this folder only `jose.py`. `session` is whatever has the four members of `Credentials`.
"""

from __future__ import annotations

import hashlib
import importlib
import re
import secrets
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import anyio.to_thread

from demo_client.jose import Key, b64url, sign_compact

USE_NONCE, INVALID_TOKEN = "use_dpop_nonce", "invalid_token"
_DEFAULT_PORTS = {"https": 443, "http": 80}
_CHALLENGE = re.compile(r"""([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]+))?""")
"""A scheme, or a parameter with its value."""


class Credentials(Protocol):
    """Where a token comes from. `demo_client.session.Session` is one: it keeps tokens on disk and refreshes them."""

    @property
    def key(self) -> Key:
        """The key that the tokens are bound to."""
        ...

    @property
    def resource(self) -> str:
        """The address that the tokens are for, such as `https://gate.example/v1`. They are sent to no other origin."""
        ...

    def access_token(self) -> str:
        """A token that is good for a while yet; may block to refresh it."""
        ...

    def renewed(self, refused: str) -> str:
        """Another token, after the server said of `refused` that it is invalid; may block."""
        ...


def proof(
    key: Key, method: str, url: str, *, token: str | None = None, nonce: str | None = None, now: float, jti: str
) -> str:
    """A DPoP proof (RFC 9449 §4.2).

    Args:
        key: signs it.
        method: of the HTTP request.
        url: of the request; query and fragment are left out.
        token: the access token beside it, at a resource.
        nonce: what the server last said in `DPoP-Nonce`.
        now: Unix seconds.
        jti: unique; never used again.
    """
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": dict(key.jwk)}
    claims: dict[str, object] = {"jti": jti, "htm": method, "htu": htu(url), "iat": int(now)}
    if token is not None:
        claims["ath"] = b64url(hashlib.sha256(token.encode()).digest())
    if nonce is not None:
        claims["nonce"] = nonce  # RFC 9449 §8
    return sign_compact(key, header, claims)


def new_jti() -> str:
    """RFC 9449 §4.2: at least 96 bits of randomness."""
    return secrets.token_urlsafe(16)


def htu(url: str) -> str:
    """The address without query and fragment (RFC 9449 §4.2)."""
    return urlsplit(url)._replace(query="", fragment="").geturl()


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)


def challenge_error(values: Sequence[str]) -> str | None:
    """The `error` of the DPoP challenge in `WWW-Authenticate` headers (RFC 9110 §11.6.1); None where there is none."""
    scheme = ""
    for found in (found for value in values for found in _CHALLENGE.finditer(value)):
        name, parameter = found[1].lower(), found[2]
        if parameter is None:
            scheme = name
        elif (scheme, name) == ("dpop", "error"):
            return parameter.strip('"')
    return None


class Nonces:
    """The last nonce of each origin. RFC 9449 §8.2: any answer may bring a new one."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str, int], str] = {}
        self._lock = threading.Lock()

    def of(self, url: str) -> str | None:
        """What to put into the next proof for this server."""
        with self._lock:
            return self._last.get(origin(url))

    def learn(self, url: str, nonce: str | None) -> None:
        """Take what an answer of this server said."""
        if nonce:
            with self._lock:
                self._last[origin(url)] = nonce


if TYPE_CHECKING:
    import httpx
    import httpx2

    class _Auth(httpx.Auth, httpx2.Auth):
        """Both, for whoever checks types."""

        def auth_flow(self, request: Any) -> Generator[Any, Any, None]: ...
        def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]: ...
        def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]: ...

else:

    def _installed() -> Generator[type]:
        for name in ("httpx", "httpx2"):
            try:
                yield importlib.import_module(name).Auth
            except ModuleNotFoundError:
                continue

    # A client takes only what is an `Auth` of its own library, so this is one of each that is installed.
    _Auth = type("_Auth", tuple(_installed()), {})


class _Exchange:
    """One request until it is answered for good: at most one retry for a nonce and one for a new token."""

    def __init__(self, auth: DPoPAuth, request: Any) -> None:
        self._auth, self._request, self._url = auth, request, str(request.url)
        self._left = {USE_NONCE, INVALID_TOKEN}
        if origin(self._url) != origin(auth.credentials.resource):
            raise ValueError(
                f"the token is for {auth.credentials.resource} and is not sent to {request.url.host}: "
                "use a client without DPoPAuth for other servers."
            )

    def sign(self, refused: str | None) -> str:
        """Put token and proof on the request; returns the token. May block: keys and tokens live outside."""
        credentials, auth = self._auth.credentials, self._auth
        token = credentials.access_token() if refused is None else credentials.renewed(refused)
        # Replaces what a package put there, such as the API key of `openai` (RFC 9449 §7.1).
        self._request.headers["Authorization"] = f"DPoP {token}"
        self._request.headers["DPoP"] = proof(
            credentials.key,
            self._request.method,
            self._url,
            token=token,
            nonce=auth.nonces.of(self._url),
            now=auth.clock(),
            jti=auth.jti(),
        )
        return token

    def again(self, response: Any) -> str | None:
        """Why the request is to be sent once more; None: this answer stands."""
        self._auth.nonces.learn(self._url, response.headers.get("DPoP-Nonce"))
        if response.status_code != 401:
            return None
        error = challenge_error(response.headers.get_list("WWW-Authenticate"))
        if error not in self._left:
            return None
        self._left.discard(error)
        return error


class DPoPAuth(_Auth):
    """Authenticates requests with a device-bound token.

    Args:
        credentials: where tokens come from, and the key.
        nonces: share one between clients of the same server to save a round trip.
        clock: Unix seconds.
        jti: makes the unique names of proofs.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        nonces: Nonces | None = None,
        clock: Callable[[], float] = time.time,
        jti: Callable[[], str] = new_jti,
    ) -> None:
        self.credentials, self.nonces = credentials, nonces or Nonces()
        self.clock, self.jti = clock, jti

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        """What `httpx.Client` runs for each request."""
        exchange = _Exchange(self, request)
        request.read()  # a body from a generator could not be sent a second time
        refused: str | None = None
        while True:
            token = exchange.sign(refused)
            why = exchange.again((yield request))
            if why is None:
                return
            refused = token if why == INVALID_TOKEN else None

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        """What `httpx.AsyncClient` runs; a refresh or a slow key does not hold up the event loop."""
        exchange = _Exchange(self, request)
        await request.aread()
        refused: str | None = None
        while True:
            token = await anyio.to_thread.run_sync(exchange.sign, refused)
            why = exchange.again((yield request))
            if why is None:
                return
            refused = token if why == INVALID_TOKEN else None
