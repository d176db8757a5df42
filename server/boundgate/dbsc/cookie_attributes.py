"""Cookies as Chromium stores them, from a `Set-Cookie` line or from a credential (RFC 6265bis §5.6, §5.7; DBSC §9.5).

A session is satisfied by a cookie whose name, domain, path, Secure, HttpOnly, SameSite and partition equal those of
its credential. Not compared are value and life. A difference is no error: the browser refreshes again, and again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from boundgate.dbsc.hosts import Origin, canonical_host, is_ip_address, registrable_domain

PERMITTED_ATTRIBUTES = frozenset({"domain", "path", "secure", "httponly", "samesite"})
"""All that Chromium allows in `credentials[].attributes`; anything else costs the whole configuration."""

MAX_COOKIE_OCTETS = 4096
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SAME_SITES = {"lax": "Lax", "strict": "Strict", "none": "None"}


@dataclass(frozen=True, slots=True)
class StoredCookie:
    """What two cookies are compared by.

    `domain` begins with a dot for a Domain cookie and is the host itself otherwise. `same_site` is None where the
    attribute is missing, which Chromium takes for unequal to an explicit `Lax`.
    """

    name: str
    domain: str
    path: str
    secure: bool
    http_only: bool
    same_site: str | None
    partitioned: bool = False

    def differs_in(self, other: StoredCookie) -> tuple[str, ...]:
        """Names of the members that are not equal."""
        return tuple(
            member.name for member in fields(self) if getattr(self, member.name) != getattr(other, member.name)
        )

    @property
    def storable(self) -> bool:
        """False for `SameSite=None` without Secure, which no browser stores (RFC 6265bis §5.7 step 17)."""
        return self.secure or self.same_site != "None"


def read_attributes(text: str) -> dict[str, str] | None:
    """Attributes by their lower-case names, the last of equal ones; None where a control character spoils the line."""
    if _CONTROL.search(text):
        return None
    found = {}
    for part in text.split(";"):
        name, _, value = part.strip(" \t").partition("=")
        if name or value:
            found[name.strip(" \t").lower()] = value.strip(" \t")
    return found


def split_set_cookie(line: str) -> tuple[str, dict[str, str]] | None:
    """Name and attributes of a `Set-Cookie` value; None for a line that no browser takes."""
    pair, _, rest = line.partition(";")
    name = pair.partition("=")[0].strip(" \t") if "=" in pair else ""
    attributes = read_attributes(rest)
    if attributes is None or _CONTROL.search(pair) or not pair.strip(" \t="):
        return None
    return name, attributes


def stored(name: str, attributes: Mapping[str, str], *, origin: Origin, path: str) -> StoredCookie | None:
    """The cookie that these attributes make when they come from this origin and path; None for a foreign Domain."""
    domain = _domain(attributes.get("domain", ""), origin.host)
    if domain is None:
        return None
    written = attributes.get("path", "")
    return StoredCookie(
        name=name,
        domain=domain,
        path=written if written.startswith("/") else _default_path(path),
        secure="secure" in attributes,
        http_only="httponly" in attributes,
        same_site=_SAME_SITES.get(attributes.get("samesite", "").lower()),
        partitioned="partitioned" in attributes,
    )


def keeps_prefix(cookie: StoredCookie, attributes: Mapping[str, str], *, origin: Origin) -> bool:
    """Whether the name's prefix, if any, has what it demands (RFC 6265bis §4.1.3); the prefix in any case of letters.

    `__Host-` wants Secure, `Path=/` spelled out and no Domain (an address's own is tolerated); `__Http-` wants Secure
    and HttpOnly; `__Secure-` wants Secure; `__Host-Http-` all of it.
    """
    name = cookie.name.lower()
    if name.startswith(("__secure-", "__host-", "__http-")) and not (cookie.secure and origin.scheme == "https"):
        return False
    if name.startswith(("__http-", "__host-http-")) and not cookie.http_only:
        return False
    if name.startswith("__host-"):
        domain = attributes.get("domain", "")
        own_address = is_ip_address(origin.host) and domain == origin.host
        return attributes.get("path") == "/" and (not domain or own_address)
    return True


def sent_to(cookie: StoredCookie, host: str) -> bool:
    """Whether a request to this host can carry it (RFC 6265 §5.1.3)."""
    if not cookie.domain.startswith("."):
        return cookie.domain == host
    return host == cookie.domain[1:] or host.endswith(cookie.domain)


def _domain(attribute: str, host: str) -> str | None:
    if not attribute or (is_ip_address(host) and attribute == host):
        return host
    wanted = canonical_host(attribute.removeprefix(".")) if attribute.isascii() else None
    if wanted is None or is_ip_address(wanted):
        return None
    site = registrable_domain(host)
    if site is None:
        # A public suffix, localhost: only its own name, and then for the host alone.
        return host if wanted == host else None
    if registrable_domain(wanted) != site or not (host == wanted or host.endswith(f".{wanted}")):
        return None
    return f".{wanted}"


def _default_path(path: str) -> str:
    # RFC 6265 §5.1.4: the directory of the URL's path.
    return path[: path.rfind("/")] or "/"
