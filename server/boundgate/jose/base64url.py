"""base64url without padding (RFC 4648 §5), read strictly: one text for one value."""

from __future__ import annotations

import binascii

_TO_URL = bytes.maketrans(b"+/", b"-_")
# What belongs to the other alphabet becomes what belongs to none, so that it is refused and not read as its twin.
_FROM_URL = bytes.maketrans(b"-_+/=", b"+/!!!")
_PADDING = (b"", b"", b"==", b"=")
# A length that is no multiple of four leaves bits in the last character that no octet has; only zeros are canonical.
_LAST = (b"", b"", b"AQgw", b"AEIMQUYcgkosw048")


def encode(octets: bytes) -> str:
    """The text of `octets`."""
    return binascii.b2a_base64(octets, newline=False).rstrip(b"=").translate(_TO_URL).decode("ascii")


def decode(text: str) -> bytes | None:
    """The octets of `text`; None where it is not exactly what `encode` gives for some octets."""
    try:
        return decode_octets(text.encode("ascii"))
    except UnicodeEncodeError:
        return None


def decode_octets(raw: bytes) -> bytes | None:
    """The same for a text that is octets already."""
    over = len(raw) & 3
    if over and raw[-1] not in _LAST[over]:
        return None
    try:
        return binascii.a2b_base64(raw.translate(_FROM_URL) + _PADDING[over], strict_mode=True)
    except binascii.Error:
        return None
