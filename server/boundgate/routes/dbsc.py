"""Where the browser's own DBSC requests meet this server's records. They are answered below the framework."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from boundgate.asgi import ASGIApp
from boundgate.dbsc.endpoints import EndpointAnswer
from boundgate.net import client_address, network_prefix
from boundgate.protect.endpoints import (
    DbscEndpoints,
    EndpointPaths,
    Fields,
    ProofCaller,
    Scope,
)
from boundgate.routes.guard import STRICT_TRANSPORT_SECURITY
from boundgate.routes.recording import write_event

if TYPE_CHECKING:
    from boundgate.services import Services

PATHS = EndpointPaths(register="/dbsc/register", refresh="/dbsc/refresh")
USER_AGENT_MAX_CHARS = 256
STRICT_TRANSPORT = (b"strict-transport-security", STRICT_TRANSPORT_SECURITY.encode())


def install(app: ASGIApp, services: Services) -> ASGIApp:
    """`app` with the two endpoints of the browser in front of it."""
    settings = services.settings
    host = urlsplit(settings.origin).netloc.encode()

    def caller_of(scope: Scope, fields: Fields) -> ProofCaller | None:
        if fields.get(b"host", b"").lower() != host:
            return None
        peer = (scope.get("client") or ("", 0))[0]
        forwarded: list[str] = []
        if settings.trusted_proxies:
            forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        address = client_address(peer, forwarded, settings.trusted_proxies)
        prefix = network_prefix(address, settings.pin_ipv4_prefix, settings.pin_ipv6_prefix)
        return ProofCaller(address, prefix, fields.get(b"user-agent", b"").decode("latin-1")[:USER_AGENT_MAX_CHARS])

    def observe(answer: EndpointAnswer, caller: ProofCaller) -> None:
        write_event(
            services,
            answer.kind,
            answer.outcome,
            address=caller.address,
            user_agent=caller.user_agent,
            session_id=answer.session_id,
            user_id=answer.renewal.user if answer.renewal else None,
            reason=_reason(answer),
        )

    return DbscEndpoints(
        app,
        paths=PATHS,
        sessions=services.bindings,
        origins=(settings.origin,),
        caller_of=caller_of,
        observe=observe,
        headers=() if settings.development_tls else (STRICT_TRANSPORT,),
    )


def _reason(answer: EndpointAnswer) -> str | None:
    """Why a request ended as it did, and what a registration's client called itself."""
    declared = f"The client calls itself {answer.client}." if answer.client is not None else None
    return " ".join(filter(None, (answer.reason, declared))) or None
