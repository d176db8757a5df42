"""base64url without padding (RFC 4648 §5), read strictly: one text for one value."""

from __future__ import annotations

import binascii

_TO_URL = bytes.maketrans(b"+/", b"-_")
# What belongs to the other alphabet becomes what belongs to none, so that it is refused and not read as its twin.
_FROM_URL = bytes.maketrans(b"-_+/=", b"+/!!!")
_PADDING = (b"", b"", b"==", b"=")


def encode(octets: bytes) -> str:
    """The text of `octets`."""
    return binascii.b2a_base64(octets, newline=False).rstrip(b"=").translate(_TO_URL).decode("ascii")


def decode(text: str) -> bytes | None:
    """The octets of `text`; None where it is not exactly what `encode` gives for some octets."""
    try:
        raw = text.encode("ascii")
        octets = binascii.a2b_base64(raw.translate(_FROM_URL) + _PADDING[len(raw) % 4], strict_mode=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    # A length that is no multiple of four leaves bits that no octet has; only zeros are canonical there.
    return octets if len(raw) % 4 == 0 or encode(octets) == text else None
