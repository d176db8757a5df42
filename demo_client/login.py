"""Logging in: discovery, a key, the browser, and what is kept afterwards."""

from __future__ import annotations

import time
import webbrowser
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from demo_client.answers import json_object, sending
from demo_client.connection import authority_for, http_client
from demo_client.errors import NotAServer
from demo_client.jose import thumbprint
from demo_client.keys import StoredKey
from demo_client.loopback import Loopback
from demo_client.metadata import Metadata, checked_server, discover
from demo_client.oauth import SCOPES, Authority, Begun, Tokens
from demo_client.store import Login, Store

BROWSER_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a login is made with.

    Args:
        server: its address.
        client_id: as registered there.
        ca_file: whom to trust for TLS; None: as this machine does.
        scopes: what to ask for.
    """

    server: str
    client_id: str
    ca_file: Path | None = None
    scopes: tuple[str, ...] = SCOPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A login that has been kept, and the one whose place it took: to be ended at its server."""

    login: Login
    replaced: Login | None


def log_in(
    plan: Plan,
    store: Store,
    key: StoredKey,
    *,
    show: Callable[[str], None],
    open_browser: Callable[[str], object] = webbrowser.open,
    clock: Callable[[], float] = time.time,
    transport: httpx.BaseTransport | None = None,
    seconds: float = BROWSER_SECONDS,
) -> Done:
    """Log in through the browser, and keep the tokens.

    Args:
        plan: what to ask, and whom.
        store: keeps the login.
        key: the tokens are bound to it.
        show: is given the link before the browser is opened.
        open_browser: opens it.
        clock: Unix seconds.
        transport: of the HTTP client, for tests.
        seconds: how long the user has.

    Raises:
        ClientError: it did not work; nothing has changed.
    """
    server = checked_server(plan.server)
    ca_file = authority_for(server, plan.ca_file)
    with http_client(server, ca_file, transport=transport) as http:
        metadata = discover_with(http, server)
        authority = Authority(http, metadata, client_id=plan.client_id, key=key, clock=clock)
        tokens = _ask(authority, plan.scopes, show=show, open_browser=open_browser, seconds=seconds)
    login = Login(
        server=server,
        client_id=plan.client_id,
        ca_file=ca_file,
        metadata=asdict(metadata) | {"scopes": sorted(metadata.scopes)},
        subject=tokens.subject,
        scope=tokens.scope,
        thumbprint=thumbprint(key.jwk),
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        expires_at=tokens.expires_at,
    )
    return Done(login=login, replaced=store.begin_login(login))


def discover_with(http: httpx.Client, server: str) -> Metadata:
    """What the server says about itself. Raises ClientError."""

    def get(url: str) -> dict[str, object]:
        with sending(url):
            response = http.get(url)
        if response.status_code != 200:
            raise NotAServer(
                f"{server} answered {response.status_code} where its OAuth metadata should be.",
                "Is --server right, and is it a Boundgate with OAuth?",
            )
        return dict(json_object(response))

    return discover(get, server)


def _ask(
    authority: Authority,
    scopes: tuple[str, ...],
    *,
    show: Callable[[str], None],
    open_browser: Callable[[str], object],
    seconds: float,
) -> Tokens:
    begun: dict[str, Begun] = {}

    def begin(redirect_uri: str) -> tuple[str, str]:
        request = authority.begin(redirect_uri, scopes)
        begun[request.state] = request
        return request.url, request.state

    listener = Loopback(begin)
    try:
        show(listener.link)
        open_browser(listener.link)
        answer = listener.wait(seconds)
    finally:
        listener.close()
    return authority.redeem(begun[answer["state"]], answer)


def no_browser(_: str) -> None:
    """Opens nothing: the user follows the link."""
