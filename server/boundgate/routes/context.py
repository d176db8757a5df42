"""What every handler needs to know about its request, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from quart import Request, current_app, g, request

from boundgate.clock import new_token
from boundgate.net import client_address, network_prefix
from boundgate.sessions.cookies import BOUND, FRESH, LOGIN_COOKIE
from boundgate.sessions.credential import Credential

if TYPE_CHECKING:
    from boundgate.services import Services

EXTENSION = "boundgate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Where a request comes from and what it carries."""

    address: str
    prefix: bytes
    user_agent: str
    login_value: str | None
    bound_text: str | None
    fresh: str | None
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


def _read(source: Request) -> Caller:
    settings = services().settings
    # The socket's own word: a Remote-Addr header is only what a client says.
    peer = (source.scope.get("client") or ("", 0))[0]
    address = client_address(peer, source.headers.getlist("X-Forwarded-For"), settings.trusted_proxies)
    return Caller(
        address=address,
        prefix=network_prefix(address, settings.pin_ipv4_prefix, settings.pin_ipv6_prefix),
        user_agent=source.headers.get("User-Agent", "")[:256],
        login_value=source.cookies.get(LOGIN_COOKIE),
        bound_text=source.cookies.get(BOUND.name),
        fresh=source.cookies.get(FRESH.name),
        origin=source.headers.get("Origin"),
        fetch_site=source.headers.get("Sec-Fetch-Site"),
        fetch_mode=source.headers.get("Sec-Fetch-Mode"),
        is_document=source.headers.get("Sec-Fetch-Dest") == "document",
        request_id=new_token(services().random, size_bytes=9),
    )
