"""The value of the bound cookie: a MAC over session, mint number, time and network prefix.

It is a claim, not a right: it is worth something only while the server's record of the session says so. Each mint
gives a new value with its own expiry, so a copy does not live on its owner's refreshes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from boundgate.dbsc.challenge import Macs
from boundgate.jose import base64url

_PURPOSE = b"bound-cookie"
_TAG_OCTETS = 32
_FORM = re.compile(
    r"v1\.(?P<session>[A-Za-z0-9_-]{1,128})\.(?P<mint>[0-9]{1,18})\.(?P<at>[0-9]{1,15})"
    r"\.(?P<prefix>[A-Za-z0-9_-]{0,32})\.(?P<kid>[A-Za-z0-9_-]{8})\.(?P<tag>[A-Za-z0-9_-]{43})"
)


@dataclass(frozen=True, slots=True)
class BoundValue:
    """What one bound cookie value claims."""

    session_id: str
    mint: int
    """Grows with every value of a session."""
    minted_at: float
    """Unix seconds, millisecond precision: when the key's proof was verified."""
    network_prefix: bytes
    """From where that proof came."""


def seal(value: BoundValue, *, macs: Macs) -> str:
    """The cookie's text: only cookie-octets (RFC 6265 §4.1.1)."""
    body = ".".join(
        (
            "v1",
            value.session_id,
            str(value.mint),
            str(round(value.minted_at * 1000)),
            _prefix_text(value.network_prefix),
        )
    )
    kid, tag = macs.sign(_PURPOSE, body.encode())
    return f"{body}.{kid}.{base64url.encode(tag)}"


def unseal(text: str, *, macs: Macs) -> BoundValue | None:
    """The claim, if it is ours and untouched; None for anything else, without saying which."""
    if len(text) > 512 or (match := _FORM.fullmatch(text)) is None:
        return None
    tag, prefix = base64url.decode(match["tag"]), base64url.decode(match["prefix"])
    if tag is None or prefix is None or len(tag) != _TAG_OCTETS:
        return None
    body = text[: match.start("kid") - 1]
    if not macs.verify(_PURPOSE, match["kid"], body.encode(), tag):
        return None
    return BoundValue(match["session"], int(match["mint"]), int(match["at"]) / 1000, prefix)


@lru_cache(maxsize=4096)
def _prefix_text(prefix: bytes) -> str:
    return base64url.encode(prefix)
