"""Where answers may go: compared as texts, with the one exception of loopback ports (RFC 8252 §7.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from boundgate.oauth.errors import InvalidRequest

MAX_URI_CHARS = 512
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!$%&'()*+,;=:@/?\[\]A-Za-z0-9._~-]+")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?(/[^\s#]*)?")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+")


def check_redirect_uri(uri: str) -> str:
    """A redirect URI that may be registered.

    Raises:
        InvalidRequest: with a sentence that says what may.
    """
    # RFC 6749 §3.1.2: absolute, and without a fragment.
    if len(uri) > MAX_URI_CHARS or not _URI.fullmatch(uri) or "#" in uri or re.search(r"%(?![0-9A-Fa-f]{2})", uri):
        raise _refused("A redirect URI is an absolute URI of at most 512 ASCII characters, without a fragment.")
    if (loopback := _LOOPBACK.fullmatch(uri)) is not None:
        if loopback[2] is not None and not _is_port(loopback[2]):
            raise _refused("The redirect URI's port is none.")
        return uri
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _refused("The redirect URI cannot be read.") from None
    if parts.scheme == "https" and uri.startswith("https://"):
        if not host or "@" in parts.netloc or not _HOST.fullmatch(parts.netloc.partition(":")[0]) or port == 0:
            raise _refused("A redirect URI with https names a host in lower case, and no user.")
        return uri
    # RFC 8252 §7.1: a private-use scheme is a domain name of the app's maker, reversed.
    if _PRIVATE_SCHEME.fullmatch(parts.scheme) and uri.startswith(parts.scheme) and not parts.netloc:
        return uri
    raise _refused(
        "A redirect URI is https://HOST/PATH, http://127.0.0.1/PATH or http://[::1]/PATH (with any port, and not "
        "localhost: RFC 8252 §8.3), or a private-use scheme such as com.example.app:/PATH."
    )


def match_redirect_uri(requested: str, *, registered: Iterable[str]) -> bool:
    """Whether a requested URI is one of the registered ones.

    RFC 9700 §2.1: exact string matching, except for port numbers in loopback URIs of native apps (RFC 8252 §7.3).
    """
    return any(requested == uri or _same_but_port(requested, uri) for uri in registered)


def _same_but_port(requested: str, registered: str) -> bool:
    asked, known = _LOOPBACK.fullmatch(requested), _LOOPBACK.fullmatch(registered)
    if asked is None or known is None:
        return False
    host, port, path = asked.groups()
    return (host, path) == (known[1], known[3]) and (port is None or _is_port(port))


def _is_port(text: str) -> bool:
    return text == str(int(text)) and 1 <= int(text) <= 65_535


def _refused(detail: str) -> InvalidRequest:
    return InvalidRequest(detail, param="redirect_uris")
