"""The `htu` of a proof beside the URL of a request (RFC 9449 §4.3 step 9; RFC 3986 §6.2.2, §6.2.3)."""

from __future__ import annotations

import re

MAX_URL_CHARS = 4096
_DEFAULT_PORTS = {"https": "443", "http": "80"}
# RFC 3986 §3, without what no request URL has: user information, and hosts that are not ASCII.
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,15})://"
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._~-]{1,253})(?::(?P<port>[0-9]{0,5}))?"
    r"(?P<path>(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?)"
    r"(?:\?[^#]*)?(?:#.*)?",
    re.ASCII | re.DOTALL,
)
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def normalised_url(url: str) -> str | None:
    """The URL without query and fragment, in the one form that all its spellings share; None where it is none.

    Scheme and host in lower case, no default port, `/` for an empty path, escapes in upper case and none that need not
    be (RFC 3986 §6.2.2.1, §6.2.2.2, §6.2.3). Segments of dots stay: no client sends them, and what a server makes of
    them is its own affair.
    """
    match = _URL.fullmatch(url) if len(url) <= MAX_URL_CHARS else None
    if match is None:
        return None
    scheme, path = match["scheme"].lower(), match["path"] or "/"
    # An empty port is the default one (RFC 3986 §3.2.3); leading zeros name the same number.
    port = (match["port"] or "").lstrip("0") if match["port"] else ""
    if match["port"] and not port:
        return None
    host = match["host"].lower() + (f":{port}" if port and port != _DEFAULT_PORTS.get(scheme) else "")
    return f"{scheme}://{host}{_ESCAPED.sub(_plain, path) if '%' in path else path}"


def is_same_url(htu: str, expected: str) -> bool:
    """Whether an `htu` names the expected URL, which is ours and has neither query nor fragment."""
    if htu == expected:
        return True
    found = normalised_url(htu)
    return found is not None and found == normalised_url(expected)


def _plain(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()
