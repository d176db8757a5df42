"""An ASGI request as plain values: what the guard, and an application's `session_id`, need to know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote

from boundgate.net import IPNetwork, client_address, network_prefix

Scope = MutableMapping[str, Any]

_SENT_AS_IS = "/%:@!$&'()*+,;=~"
_MAX_ADDRESSES = 4096


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request, or one WebSocket's handshake. Read when asked, and once."""

    scope: Scope = field(repr=False)
    """The ASGI connection scope, with whatever middlewares further out put there, such as `session`."""

    @property
    def method(self) -> str:
        """In capitals; `GET` for a WebSocket."""
        return str(self.scope.get("method", "GET"))

    @property
    def path(self) -> str:
        """Decoded, with the prefix that a server or proxy mounts the application at."""
        return str(self.scope["path"])

    @cached_property
    def headers(self) -> dict[str, str]:
        """Header fields by their lower-case names; of equal names the first."""
        fields = reversed(self.scope["headers"])
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in fields}

    @cached_property
    def cookies(self) -> dict[str, str]:
        """Cookies by their exact names; of equal names the first."""
        return read_cookies(value for name, value in self.scope["headers"] if name == b"cookie")

    @property
    def fetch_site(self) -> str | None:
        """`Sec-Fetch-Site`; None where whoever asks is no browser."""
        return self.headers.get("sec-fetch-site")

    @property
    def is_document(self) -> bool:
        """Whether a browser asks for a page to show."""
        return self.headers.get("sec-fetch-dest") == "document"

    @cached_property
    def target(self) -> str:
        """Path and query as they were sent, for a redirect to itself: still encoded, one leading slash.

        The decoded path would not do: it may hold line ends, and a `?` or `#` that was none.
        """
        raw = self.scope.get("raw_path") or b""
        # RFC 9112 §3.2.2: a target may be a whole URL; its path is then what the server made of it.
        path = quote(raw.partition(b"?")[0] if raw.startswith(b"/") else self.path.encode(), safe=_SENT_AS_IS)
        query = quote(self.scope.get("query_string", b""), safe=_SENT_AS_IS + "?[]")
        return "/" + path.lstrip("/") + (f"?{query}" if query else "")


def read_cookies(fields: Iterable[bytes]) -> dict[str, str]:
    """The cookies of `Cookie` fields, read as browsers write them (RFC 6265bis §5.8.3): nothing is quoted.

    To readers that honour quotes a sibling host could plant `a="` and `b="` around ours and make them part of a value
    of its own.
    """
    found: dict[str, str] = {}
    for name, value in _pairs(fields):
        found.setdefault(name, value)
    return found


def _pairs(fields: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    for header in fields:
        for pair in header.decode("latin-1").split(";"):
            name, equals, value = pair.strip(" \t").partition("=")
            if equals:
                yield name, value


@dataclass(frozen=True, slots=True)
class cookie:  # noqa: N801 - reads as what it is: session_id=cookie("sid")
    """Names the application's session by a cookie's value.

    Args:
        name: of the cookie.
    """

    name: str

    def __call__(self, request: Request) -> str | None:
        """The cookie's value; None where the cookie is missing or empty."""
        return request.cookies.get(self.name) or None

    def all(self, request: Request) -> list[str]:
        """Every value that came under this name: a sibling host can plant one more."""
        fields = (value for name, value in request.scope["headers"] if name == b"cookie")
        return [value for name, value in _pairs(fields) if name == self.name and value]


SessionId = Callable[[Request], str | None]
"""Names the application's own session that a request belongs to, None where it belongs to none. Must not block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """Which address a request comes from, and how much of it a bound cookie is tied to.

    Args:
        trusted_proxies: whose word in `X-Forwarded-For` is taken.
        ipv4_bits, ipv6_bits: leading bits that count; 0 ties to nothing.
    """

    trusted_proxies: Sequence[IPNetwork] = ()
    ipv4_bits: int = 24
    ipv6_bits: int = 64

    def prefix_of(self, scope: Scope) -> bytes:
        """The network of whoever sends this request."""
        peer = str((scope.get("client") or ("", 0))[0])
        if not self.trusted_proxies:
            return _prefix(peer, self.ipv4_bits, self.ipv6_bits)
        hops = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return _prefix(client_address(peer, hops, self.trusted_proxies), self.ipv4_bits, self.ipv6_bits)


@lru_cache(maxsize=_MAX_ADDRESSES)
def _prefix(address: str, ipv4_bits: int, ipv6_bits: int) -> bytes:
    return network_prefix(address, ipv4_bits, ipv6_bits)
