"""HTTP clients for one server: whom they trust, how long they wait."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from demo_client.errors import ClientError
from demo_client.metadata import is_loopback

TIMEOUT = httpx.Timeout(30.0, read=120.0)
USER_AGENT = "boundgate-demo-client"
DEVELOPMENT_CA = Path(".boundgate") / "tls" / "ca.pem"


def http_client(server: str, ca_file: str | None, *, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client for one server. Redirects are not followed: a proof is for one address. Raises ClientError."""
    verify = trust(ca_file) if server.startswith("https:") else True
    return httpx.Client(verify=verify, timeout=TIMEOUT, transport=transport, headers={"User-Agent": USER_AGENT})


def authority_for(server: str, named: Path | None) -> str | None:
    """The file of the authority to trust: the named one; for this machine's own server the development authority.

    Args:
        server: its origin.
        named: by the user.

    Returns:
        An absolute path, because it is used again from elsewhere; None: the authorities of this machine.
    """
    if named is None and is_loopback(httpx.URL(server).host) and DEVELOPMENT_CA.exists():
        named = DEVELOPMENT_CA
    return None if named is None else str(named.absolute())


def trust(ca_file: str | None) -> ssl.SSLContext:
    """The authorities of this machine, or the one of `ca_file` alone. Raises ClientError: there is none in it."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        raise ClientError(f"{ca_file} holds no certificate.", "Name the authority's PEM file with --ca-file.") from None
