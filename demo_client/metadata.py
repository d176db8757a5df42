"""What a server says about itself: the resource (RFC 9728) and its authorization server (RFC 8414)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from demo_client.errors import NotAServer

Get = Callable[[str], Mapping[str, Any]]
"""Fetches a JSON object. Raises ClientError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The addresses that a client needs."""

    resource: str
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    pushed_authorization_request_endpoint: str
    revocation_endpoint: str | None
    userinfo_endpoint: str | None
    scopes: frozenset[str]


def discover(get: Get, server: str) -> Metadata:
    """Ask the server, and check that the answer can be trusted.

    Args:
        get: fetches a JSON object.
        server: its origin, such as `https://gate.example`.

    Raises:
        ClientError: no answer, or one that the standards forbid.
    """
    resource = f"{server}/v1"
    about = get(f"{server}/.well-known/oauth-protected-resource/v1")
    # RFC 9728 §3.3: the resource must be the one that was asked about, or an impostor could have its tokens relayed.
    if about.get("resource") != resource:
        raise NotAServer(f"{server} says that it is another resource than {resource}.", _WRONG_ADDRESS)
    issuer = _issuer(about.get("authorization_servers"), server)
    found = get(metadata_url(issuer))
    # RFC 8414 §3.3: identical to the issuer that was asked, else its answers may be mixed up with another's.
    if found.get("issuer") != issuer:
        raise NotAServer(f"{issuer} says that it is another issuer.", _WRONG_ADDRESS)
    _require(found, "code_challenge_methods_supported", "S256")
    _require(found, "dpop_signing_alg_values_supported", "ES256")
    scopes = found.get("scopes_supported")
    return Metadata(
        resource=resource,
        issuer=issuer,
        authorization_endpoint=_address(found, "authorization_endpoint"),
        token_endpoint=_address(found, "token_endpoint"),
        pushed_authorization_request_endpoint=_address(found, "pushed_authorization_request_endpoint"),
        revocation_endpoint=_address(found, "revocation_endpoint") if "revocation_endpoint" in found else None,
        userinfo_endpoint=_address(found, "userinfo_endpoint") if "userinfo_endpoint" in found else None,
        scopes=frozenset(map(str, scopes)) if isinstance(scopes, list) else frozenset(),
    )


def metadata_url(issuer: str) -> str:
    """RFC 8414 §3.1: the well-known part goes between host and path."""
    parts = urlsplit(issuer)
    return parts._replace(path=f"/.well-known/oauth-authorization-server{parts.path.rstrip('/')}").geturl()


def checked_server(text: str) -> str:
    """The origin of a server that a person named. Raises NotAServer: a token must not travel in the clear."""
    parts = _split(text)
    if parts is None or not parts.hostname or not _safe(parts):
        raise NotAServer(f"{text} is no address of a server.", "It looks like https://localhost:8443.")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise NotAServer(f"{text} has more than scheme, host and port.", "It looks like https://localhost:8443.")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by name."""
    return host in {"localhost", "127.0.0.1", "::1"} or host.endswith(".localhost")


_WRONG_ADDRESS = "Say its public address with --server, as `boundgate settings` shows it (public_origin)."


def _issuer(named: object, server: str) -> str:
    issuer = named[0] if isinstance(named, list) and named else None
    parts = _split(issuer) if isinstance(issuer, str) else None
    if parts is None or not isinstance(issuer, str) or not _safe(parts):
        raise NotAServer(f"{server} names no authorization server.", "Is it a Boundgate with OAuth?")
    return issuer


def _address(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    parts = _split(value) if isinstance(value, str) else None
    if parts is None or not isinstance(value, str) or not _safe(parts):
        raise NotAServer(f"the server's metadata has no usable {name}.", "Is it a Boundgate with OAuth?")
    return value


def _require(found: Mapping[str, Any], name: str, value: str) -> None:
    offered = found.get(name)
    if not isinstance(offered, list) or value not in offered:
        raise NotAServer(f"the server does not offer {value} in {name}.", "This client does nothing less safe.")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return None
    return parts


def _safe(parts: SplitResult) -> bool:
    # Plain HTTP is for tests on this machine.
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
