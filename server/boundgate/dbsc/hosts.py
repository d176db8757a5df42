"""Hosts, sites and origins as Chromium compares them, and its host patterns (DBSC §8.6; Chromium `host_patterns`).

A *site* is a scheme with a registrable domain: the public suffix, private section included, and one label more. Hosts
that have none (`localhost`, IP addresses, public suffixes themselves) are a site of their own.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from publicsuffixlist import PublicSuffixList

_DEFAULT_PORTS = {"https": 443, "http": 80}
_MAX_HOST_CHARS = 253
_ESCAPE = re.compile("%(2[1-9a-f]|[3-7][0-9a-f])", re.IGNORECASE)
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host (lower case, ASCII, IPv6 in brackets) and port of an `http` or `https` URL."""

    scheme: str
    host: str
    port: int

    @property
    def site(self) -> tuple[str, str]:
        """What two same-site origins have in common."""
        return self.scheme, registrable_domain(self.host) or self.host

    @property
    def netloc(self) -> str:
        """Host, and port unless it is the scheme's own."""
        return self.host if self.port == _DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        """The exact serialization, without a trailing slash (HTML §7.1.1)."""
        return f"{self.scheme}://{self.netloc}"


def read_origin(url: str) -> Origin | None:
    """The origin of an absolute URL; None where a browser would find none, or one that is not http or https."""
    parts = split_url(url)
    if parts is None or parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    host = canonical_host(f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname)
    if host is None:
        return None
    return Origin(parts.scheme, host, _DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port)


def split_url(url: str) -> SplitResult | None:
    """`urlsplit` without its exceptions: None for what it cannot split."""
    try:
        parts = urlsplit(url.strip(" \t\r\n\f"))
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return None
    return parts


def unescape(reference: str) -> str:
    """A URL in an offer or in instructions as Chromium resolves it: without escapes of visible ASCII."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), reference)


def canonical_host(host: str) -> str | None:
    """A host as browsers write it: lower case, ASCII (RFC 5890), addresses in their short form; None for no host."""
    # RFC 1035 §2.3.4; also what keeps the work on anybody's text small.
    if len(host) > _MAX_HOST_CHARS:
        return None
    if host.startswith("["):
        return _canonical_ipv6(host)
    try:
        text = host.lower() if host.isascii() else host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = text.removesuffix(".").split(".")
    # In ASCII a host of other letters is several times as long.
    if len(text) > _MAX_HOST_CHARS or not all(label and _LABEL.issuperset(label) for label in labels):
        return None
    # WHATWG URL §3.5: a host whose last label is a number is an IPv4 address or nothing.
    if labels[-1].isdigit():
        return text if is_ip_address(text) else None
    return text


def _canonical_ipv6(host: str) -> str | None:
    try:
        return f"[{ipaddress.IPv6Address(host[1:-1]).compressed}]" if host.endswith("]") else None
    except ValueError:
        return None


def is_ip_address(host: str) -> bool:
    """Whether a canonical host is an address."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    # Ten thousand rules: read when first asked for, not on import.
    return PublicSuffixList()


@lru_cache(maxsize=1024)
def registrable_domain(host: str) -> str | None:
    """The public suffix of a host and one label more; None for addresses, `localhost`, suffixes and malformed hosts.

    Both sections of the list count, the private one too: `alice.github.io` is a site of its own.
    """
    canonical = canonical_host(host)
    if canonical is None or is_ip_address(canonical):
        return None
    return _suffixes().privatesuffix(canonical)


def is_valid_pattern(pattern: str) -> bool:
    """Whether Chromium takes it for a host pattern: `*`, or a host with or without `*.` before it."""
    return pattern == "*" or (bool(pattern) and "*" not in pattern.removeprefix("*."))


def matches_pattern(pattern: str, host: str) -> bool:
    """Whether a canonical host matches: `*` all, `*.example.com` what lies below it and not itself, else equality."""
    if pattern in ("*", host):
        return True
    return pattern.startswith("*.") and host.endswith(pattern[1:]) and not is_ip_address(host)
