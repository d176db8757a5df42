"""A compact JWS taken apart, once, before anything is verified (RFC 7515 §3.1, §7.1).

joserfc's own reader would parse each part a second time; its algorithms verify what is cut out here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from boundgate import strict_json
from boundgate.dbsc import base64url
from boundgate.dbsc.errors import ProofMalformed

MAX_PROOF_CHARS = 8192
_MAX_DEPTH = 4
_MAX_CACHED_CHARS = 96
"""A refresh's header is 43 characters and always the same; one with a key is never seen twice."""

_WORD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_COMPACT = _WORD + b"."
_ONLY_JTI = b'{"jti":"', b'"}'


@dataclass(frozen=True, slots=True)
class Compact:
    """The parts of a proof. Nothing of it is to be believed yet."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes | None
    """None where the text is not canonical base64url: no signature has such a text."""


def read_compact(proof: str) -> Compact:
    """Split and decode a proof.

    Raises:
        ProofMalformed: too long, not three parts of base64url, or a header or payload that is no strict JSON object.
    """
    if len(proof) > MAX_PROOF_CHARS:
        raise ProofMalformed(f"The proof is longer than {MAX_PROOF_CHARS} characters.")
    octets = proof.encode("ascii", "replace")
    header, _, rest = octets.partition(b".")
    payload, _, signature = rest.partition(b".")
    # Deleting what is allowed and looking for a rest is the cheapest check of an alphabet there is.
    if octets.translate(None, _COMPACT) or not (header and payload and signature) or b"." in signature:
        raise ProofMalformed("The proof is not a compact JWS: three base64url parts with dots between (RFC 7515 §3.1).")
    return Compact(
        _short_header(header) if len(header) <= _MAX_CACHED_CHARS else _json_part(header, "header"),
        _claims(payload),
        octets[: len(header) + 1 + len(payload)],
        base64url.decode(signature.decode("ascii")),
    )


@lru_cache(maxsize=64)
def _short_header(part: bytes) -> Mapping[str, Any]:
    return MappingProxyType(_json_part(part, "header"))


def _claims(part: bytes) -> Mapping[str, Any]:
    octets = _decoded(part, "payload")
    before, behind = _ONLY_JTI
    if octets.startswith(before) and octets.endswith(behind):
        challenge = octets[len(before) : -len(behind)]
        # What Chromium sends at a refresh: one member, and nothing in it that JSON would have to unescape.
        if not challenge.translate(None, _WORD):
            return {"jti": challenge.decode("ascii")}
    return _object(octets, "payload")


def _json_part(part: bytes, name: str) -> dict[str, Any]:
    return _object(_decoded(part, name), name)


def _decoded(part: bytes, name: str) -> bytes:
    octets = base64url.decode(part.decode("ascii"))
    if octets is None:
        raise _unreadable(name)
    return octets


def _object(octets: bytes, name: str) -> dict[str, Any]:
    try:
        return strict_json.loads_object(octets, max_depth=_MAX_DEPTH)
    except strict_json.StrictJSONError:
        raise _unreadable(name) from None


def _unreadable(name: str) -> ProofMalformed:
    return ProofMalformed(f"The proof's {name} is not a base64url-encoded JSON object.")
