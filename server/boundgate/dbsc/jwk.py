"""Public keys as proofs carry them (RFC 7517, RFC 7518 §6), read strictly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from boundgate import strict_json
from boundgate.dbsc import base64url
from boundgate.dbsc.errors import KeyRefused

ALGORITHMS = ("ES256", "RS256")
"""What is offered, the preferred one first: Chromium takes the first that it supports."""

PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
RSA_BITS = range(2048, 4097)
_MAX_MEMBER_CHARS = 1024


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A verified-to-be-usable public key."""

    algorithm: str
    jwk: str
    """Canonical JSON with the RFC 7638 members only."""
    thumbprint: str
    """RFC 7638 SHA-256 thumbprint, base64url without padding."""
    key: ECKey | RSAKey = field(compare=False, repr=False)


def read_public_key(jwk: Mapping[str, Any], *, algorithm: str) -> PublicKey:
    """Read a JWK that is to verify `algorithm`.

    Raises:
        KeyRefused: wrong type for the algorithm, private members, a point off the curve, an RSA key outside
            2048 to 4096 bits or with an odd choice of exponent, members of the wrong shape.
    """
    if PRIVATE_MEMBERS & jwk.keys():
        raise KeyRefused("The JWK holds private members; send the public key only.")
    members: dict[str, str]
    key: ECKey | RSAKey
    if algorithm == "ES256":
        members, key = _read_ec(jwk)
    elif algorithm == "RS256":
        members, key = _read_rsa(jwk)
    else:
        raise KeyRefused("The algorithm is not one of ES256, RS256.")
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).digest()
    return PublicKey(algorithm, canonical, base64url.encode(digest), key)


@lru_cache(maxsize=4096)
def load_public_key(jwk: str, *, algorithm: str) -> PublicKey:
    """A key that was stored as canonical JSON; parsed once and kept, since parsing costs as much as HTTP does."""
    return read_public_key(strict_json.loads_object(jwk), algorithm=algorithm)


def _read_ec(jwk: Mapping[str, Any]) -> tuple[dict[str, str], ECKey]:
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise KeyRefused('ES256 takes a key with "kty":"EC" and "crv":"P-256" (RFC 7518 §3.4).')
    # RFC 7518 §6.2.1.2: coordinates have the full length of the field.
    for name in ("x", "y"):
        if len(_octets(jwk, name)) != 32:
            raise KeyRefused(f'"{name}" is not 32 octets (RFC 7518 §6.2.1.2).')
    members = {"crv": "P-256", "kty": "EC", "x": jwk["x"], "y": jwk["y"]}
    try:
        key = ECKey.import_key(members)
        key.get_op_key("verify")
    except (JoseError, ValueError):
        raise KeyRefused("The point is not on the curve P-256.") from None
    return members, key


def _read_rsa(jwk: Mapping[str, Any]) -> tuple[dict[str, str], RSAKey]:
    if jwk.get("kty") != "RSA":
        raise KeyRefused('RS256 takes a key with "kty":"RSA" (RFC 7518 §3.3).')
    modulus_octets, exponent_octets = _octets(jwk, "n"), _octets(jwk, "e")
    # RFC 7518 §2: Base64urlUInt uses the minimum number of octets, so that one key has one thumbprint.
    if modulus_octets[:1] == b"\0" or exponent_octets[:1] == b"\0":
        raise KeyRefused("An RSA member has leading zero octets (RFC 7518 §2).")
    modulus, exponent = int.from_bytes(modulus_octets), int.from_bytes(exponent_octets)
    if modulus.bit_length() not in RSA_BITS or modulus % 2 == 0:
        raise KeyRefused("The RSA modulus must be odd and have 2048 to 4096 bits (RFC 7518 §3.3).")
    if not (65_537 <= exponent < 2**32 and exponent % 2):
        raise KeyRefused("The RSA exponent must be odd, at least 65537 and below 2^32.")
    members = {"e": jwk["e"], "kty": "RSA", "n": jwk["n"]}
    try:
        key = RSAKey.import_key(members)
        key.get_op_key("verify")
    except (JoseError, ValueError):
        raise KeyRefused("The RSA key is not usable.") from None
    return members, key


def _octets(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    octets = base64url.decode(value) if isinstance(value, str) and 0 < len(value) <= _MAX_MEMBER_CHARS else None
    if octets is None:
        raise KeyRefused(f'The JWK member "{name}" is not canonical base64url text without padding (RFC 7515 §2).')
    return octets
