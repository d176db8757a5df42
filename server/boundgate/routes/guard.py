"""Checks before any handler, and headers after every one."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from quart import Quart, Response, request

from boundgate.dbsc.headers import CHALLENGE
from boundgate.errors import Forbidden, Misdirected
from boundgate.routes.context import caller, known_credential, own_target, services
from boundgate.routes.presented import proved_token

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
STRICT_TRANSPORT_SECURITY = "max-age=63072000"
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: it would turn the Origin of our own form posts into `null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "publickey-credentials-get=(self), publickey-credentials-create=(self)",
}


def install(app: Quart) -> None:
    """Run the checks for every request and set the headers on every response, errors included."""
    app.before_request(_check_host)
    app.before_request(refuse_foreign_write)
    app.after_request(_add_headers)
    app.after_request(_add_challenge)
    app.after_request(_add_nonce)


async def _check_host() -> Response | None:
    host = request.headers.get("Host", "")
    expected = urlsplit(services().settings.origin)
    if host.lower() == expected.netloc or request.path in PROBES:
        return None
    if services().settings.development_tls and _is_this_machine(host):
        return Response(status=308, headers={"Location": services().settings.origin + own_target()})
    raise Misdirected(f"This server is {services().settings.origin} and no other host.")


def _is_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return "@" not in host and (name == "localhost" or ipaddress.ip_address(name).is_loopback)
    except ValueError:
        return False


async def refuse_foreign_write() -> None:
    """Refuse a write that a page of another origin, a sibling host included, may have made with our cookies.

    The DBSC endpoints are answered before this and make a check of their own: Chrome before 156 sends them neither
    Origin nor Sec-Fetch-Site, and a cookie authorises nothing there.

    Raises:
        Forbidden
    """
    if request.method in SAFE_METHODS:
        return
    who = caller()
    if who.fetch_site not in {None, "same-origin", "none"}:
        raise Forbidden("This request was made by a page of another site.", code="foreign_origin")
    if who.origin is not None and who.origin != services().settings.origin:
        raise Forbidden("This request was made by a page of another origin.", code="foreign_origin")


async def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-cache"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    if not services().settings.development_tls:
        response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT_SECURITY)
    return response


async def _add_challenge(response: Response) -> Response:
    found = known_credential()
    ahead = services().bindings.challenge_ahead(found) if found is not None else None
    if ahead is not None:
        response.headers.add(CHALLENGE, ahead)
    return response


async def _add_nonce(response: Response) -> Response:
    """The next nonce, on every answer to whoever shows a key (RFC 9449 §8.2), also on one that refuses him."""
    fields = request.headers.getlist("DPoP")
    if not fields or "DPoP-Nonce" in response.headers:
        return response
    subject = proved_token()
    resource = services().resource
    nonce = resource.nonce(subject) if subject is not None else resource.nonce_for(fields)
    if nonce is not None:
        response.headers["DPoP-Nonce"] = nonce
    return response
