"""A JWT signed with ES256, read and verified with exactly one signature verification (RFC 7519 §7.2).

On the hot path this replaces joserfc, against which it is tested on every vector and on random inputs; joserfc still
makes tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from boundgate.jose import base64url
from boundgate.jose.compact import read_header, read_part, split_compact
from boundgate.jose.errors import JwsRefused
from boundgate.jose.es256 import verify_es256

ALGORITHM = "ES256"
KeyOf = Callable[[str], ec.EllipticCurvePublicKey | None]
"""The key of that `kid`; None where there is none."""


def verify_jwt(*, token: str, expected_type: str, key_of: KeyOf) -> Mapping[str, Any]:
    """The claims of a token that one of our keys has signed. Their values are the caller's to check.

    Args:
        token: the compact JWS.
        expected_type: the media type in `typ`, such as `at+jwt`; compared as RFC 7515 §4.1.9 says, in any case and
            with or without `application/`.
        key_of: finds the key that the header's `kid` names.

    Raises:
        JwsMalformed: not a compact JWS of JSON objects.
        JwsRefused: another type or algorithm, an unknown key, critical members, or a signature that does not verify.
    """
    parts = split_compact(token)
    key = _expected_key(read_header(parts.header), expected_type, key_of)
    signature = base64url.decode_octets(parts.signature)
    if not verify_es256(key, message=parts.signing_input, signature=signature):
        raise JwsRefused("The token's signature does not verify.")
    # What nobody has signed is not even parsed.
    return read_part(parts.payload, "payload")


def numeric_date(value: object) -> float | None:
    """A claim that says when (RFC 7519 §2, NumericDate), in Unix seconds; None for what is no number, or none that a
    time can be."""
    usable = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return float(value) if usable else None  # type: ignore[arg-type]


def is_of_type(header: Mapping[str, Any], expected_type: str) -> bool:
    """Whether a header's `typ` is this media type (RFC 7515 §4.1.9)."""
    kind = header.get("typ")
    return isinstance(kind, str) and kind.lower().removeprefix("application/") == expected_type


def _expected_key(header: Mapping[str, Any], expected_type: str, key_of: KeyOf) -> ec.EllipticCurvePublicKey:
    if not is_of_type(header, expected_type):
        raise JwsRefused(f'The token\'s "typ" is not "{expected_type}".')
    # RFC 8725 §3.1: the algorithm is what we expect, whatever the token says.
    if header.get("alg") != ALGORITHM:
        raise JwsRefused(f'The token\'s "alg" is not {ALGORITHM}.')
    # RFC 7515 §4.1.11: what is critical and not understood must be refused; nothing critical is understood here.
    if "crit" in header:
        raise JwsRefused('The token names critical header members ("crit"), and none is supported.')
    kid = header.get("kid")
    key = key_of(kid) if isinstance(kid, str) else None
    if key is None:
        raise JwsRefused("The token is not signed by a key of this server.")
    return key
