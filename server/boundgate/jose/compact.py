"""A compact JWS taken apart, once, before anything is verified (RFC 7515 §3.1, §7.1).

joserfc's own reader would parse each part a second time; what is cut out here is verified by its algorithms or by
`boundgate.jose.jwt`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from boundgate import strict_json
from boundgate.jose import base64url
from boundgate.jose.errors import JwsMalformed

MAX_COMPACT_CHARS = 8192
_MAX_DEPTH = 4
_MAX_CACHED_CHARS = 96
"""The header of a DBSC refresh is 43 characters and always the same, an access token's of ours 80 and nearly so."""

_WORD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_COMPACT = _WORD + b"."
_ONLY_JTI = b'{"jti":"', b'"}'


@dataclass(frozen=True, slots=True)
class Compact:
    """The parts of a JWS. Nothing of it is to be believed yet."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes | None
    """None where the text is not canonical base64url: no signature has such a text."""


class Parts(NamedTuple):
    """The three texts of a JWS, not yet decoded, and what was signed."""

    header: bytes
    payload: bytes
    signature: bytes
    signing_input: bytes


def read_compact(text: str) -> Compact:
    """Split and decode a JWS.

    Raises:
        JwsMalformed: too long, not three parts of base64url, or a header or payload that is no strict JSON object.
    """
    parts = split_compact(text)
    return Compact(
        read_header(parts.header),
        _claims(parts.payload),
        parts.signing_input,
        base64url.decode_octets(parts.signature),
    )


def split_compact(text: str) -> Parts:
    """Split a JWS into its parts, of which each is one or more characters of base64url.

    Raises:
        JwsMalformed: too long, or not three parts of base64url.
    """
    if len(text) > MAX_COMPACT_CHARS:
        raise JwsMalformed(f"The JWS is longer than {MAX_COMPACT_CHARS} characters.")
    octets = text.encode("ascii", "replace")
    header, _, rest = octets.partition(b".")
    payload, _, signature = rest.partition(b".")
    # Deleting what is allowed and looking for a rest is the cheapest check of an alphabet there is.
    if octets.translate(None, _COMPACT) or not (header and payload and signature) or b"." in signature:
        raise JwsMalformed("The text is not a compact JWS: three base64url parts with dots between (RFC 7515 §3.1).")
    return Parts(header, payload, signature, octets[: len(header) + 1 + len(payload)])


def read_header(part: bytes) -> Mapping[str, Any]:
    """The JSON object of a header, nobody's to change.

    Raises:
        JwsMalformed: it is none.
    """
    return _short_header(part) if len(part) <= _MAX_CACHED_CHARS else read_part(part, "header")


def read_part(part: bytes, name: str) -> dict[str, Any]:
    """The JSON object of a header or payload.

    Raises:
        JwsMalformed: it is none.
    """
    return _object(_decoded(part, name), name)


@lru_cache(maxsize=64)
def _short_header(part: bytes) -> Mapping[str, Any]:
    return MappingProxyType(read_part(part, "header"))


def _claims(part: bytes) -> Mapping[str, Any]:
    octets = _decoded(part, "payload")
    before, behind = _ONLY_JTI
    if octets.startswith(before) and octets.endswith(behind):
        challenge = octets[len(before) : -len(behind)]
        # What Chromium sends at a DBSC refresh: one member, and nothing in it that JSON would have to unescape.
        if not challenge.translate(None, _WORD):
            return {"jti": challenge.decode("ascii")}
    return _object(octets, "payload")


def _decoded(part: bytes, name: str) -> bytes:
    octets = base64url.decode_octets(part)
    if octets is None:
        raise _unreadable(name)
    return octets


def _object(octets: bytes, name: str) -> dict[str, Any]:
    try:
        return strict_json.loads_object(octets, max_depth=_MAX_DEPTH)
    except strict_json.StrictJSONError:
        raise _unreadable(name) from None


def _unreadable(name: str) -> JwsMalformed:
    return JwsMalformed(f"The JWS's {name} is not a base64url-encoded JSON object.")
