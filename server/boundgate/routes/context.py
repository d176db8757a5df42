"""What every handler needs to know about its request, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from quart import Request, current_app, g, request

from boundgate.clock import new_token
from boundgate.net import client_address, network_prefix
from boundgate.sessions.cookies import BOUND, FRESH, LOGIN_COOKIE, OUTSIDE_COOKIE, read_cookies
from boundgate.sessions.credential import Credential

if TYPE_CHECKING:
    from boundgate.services import Services

EXTENSION = "boundgate"
_SENT_AS_IS = "/%:@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Where a request comes from and what it carries."""

    address: str
    prefix: bytes
    user_agent: str
    login_value: str | None
    bound_text: str | None
    fresh: str | None
    outside: str | None
    origin: str | None
    fetch_site: str | None
    fetch_mode: str | None
    is_document: bool
    request_id: str


def services() -> Services:
    """The services of the running application."""
    return cast("Services", current_app.extensions[EXTENSION])


def caller() -> Caller:
    """The current request's caller; read once per request."""
    if "caller" not in g:
        g.caller = _read(request)
    return cast("Caller", g.caller)


async def credential() -> Credential:
    """What the current request's cookies are worth; resolved once per request."""
    if "credential" not in g:
        who = caller()
        g.credential = await services().sessions.resolve(
            login_value=who.login_value, bound_text=who.bound_text, prefix=who.prefix
        )
    return cast("Credential", g.credential)


def known_credential() -> Credential | None:
    """The same, where it has been resolved for this request; None where nobody has asked."""
    return cast("Credential | None", g.get("credential"))


def forget_credential() -> None:
    """Have the next `credential` resolved anew, after a wait in which a session may have ended or a value expired."""
    g.pop("credential", None)


def wants_page() -> bool:
    """Whether a person is to see the answer to the current request."""
    return caller().is_document and "text/html" in request.headers.get("Accept", "")


def own_target() -> str:
    """Path and query of this request as they were sent, for a redirect to itself: still encoded, one leading slash.

    The decoded path would not do: it may hold line ends, and a `?` or `#` that was none.
    """
    raw = request.scope.get("raw_path") or b""
    # RFC 9112 §3.2.2: a target may be a whole URL; its path is then what the framework made of it.
    path = quote(raw if raw.startswith(b"/") else request.path.encode(), safe=_SENT_AS_IS)
    query = quote(request.query_string, safe=_SENT_AS_IS + "?[]")
    return "/" + path.lstrip("/") + (f"?{query}" if query else "")


def _read(source: Request) -> Caller:
    settings = services().settings
    # The socket's own word: a Remote-Addr header is only what a client says.
    peer = (source.scope.get("client") or ("", 0))[0]
    cookies = read_cookies(source.headers.getlist("Cookie"))
    address = client_address(peer, source.headers.getlist("X-Forwarded-For"), settings.trusted_proxies)
    return Caller(
        address=address,
        prefix=network_prefix(address, settings.pin_ipv4_prefix, settings.pin_ipv6_prefix),
        user_agent=source.headers.get("User-Agent", "")[:256],
        login_value=cookies.get(LOGIN_COOKIE),
        bound_text=cookies.get(BOUND.name),
        fresh=cookies.get(FRESH.name),
        outside=cookies.get(OUTSIDE_COOKIE),
        origin=source.headers.get("Origin"),
        fetch_site=source.headers.get("Sec-Fetch-Site"),
        fetch_mode=source.headers.get("Sec-Fetch-Mode"),
        is_document=source.headers.get("Sec-Fetch-Dest") == "document",
        request_id=new_token(services().random, size_bytes=9),
    )
