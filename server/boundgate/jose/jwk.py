"""Public keys as proofs carry them (RFC 7517, RFC 7518 §6), read strictly."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from boundgate import strict_json
from boundgate.jose import base64url
from boundgate.jose.errors import JwkRefused

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

    @property
    def ec_key(self) -> ec.EllipticCurvePublicKey:
        """The key of ES256, as `cryptography` has it."""
        assert isinstance(self.key, ECKey), "asked for an RSA key's"
        return self.key.public_key


def read_public_key(jwk: Mapping[str, Any], *, algorithm: str) -> PublicKey:
    """Read a JWK that is to verify `algorithm`.

    Raises:
        JwkRefused: wrong type for the algorithm, private members, a point off the curve, an RSA key outside
            2048 to 4096 bits or with an odd choice of exponent, members of the wrong shape.
    """
    if PRIVATE_MEMBERS & jwk.keys():
        raise JwkRefused("The JWK holds private members; send the public key only.")
    members: dict[str, str]
    key: ECKey | RSAKey
    if algorithm == "ES256":
        members, key = _read_ec(jwk)
    elif algorithm == "RS256":
        members, key = _read_rsa(jwk)
    else:
        raise JwkRefused("The algorithm is not one of ES256, RS256.")
    # RFC 7638 §3.3. The members come sorted, and nothing in them would have to be escaped.
    canonical = "{" + ",".join(f'"{name}":"{value}"' for name, value in members.items()) + "}"
    digest = hashlib.sha256(canonical.encode()).digest()
    return PublicKey(algorithm, canonical, base64url.encode(digest), key)


@lru_cache(maxsize=4096)
def load_public_key(jwk: str, *, algorithm: str) -> PublicKey:
    """A key that was stored as canonical JSON; parsed once and kept, since parsing costs as much as HTTP does."""
    return read_public_key(strict_json.loads_object(jwk), algorithm=algorithm)


def _read_ec(jwk: Mapping[str, Any]) -> tuple[dict[str, str], ECKey]:
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise JwkRefused('ES256 takes a key with "kty":"EC" and "crv":"P-256" (RFC 7518 §3.4).')
    x, y = _octets(jwk, "x"), _octets(jwk, "y")
    # RFC 7518 §6.2.1.2: coordinates have the full length of the field.
    for name, octets in (("x", x), ("y", y)):
        if len(octets) != 32:
            raise JwkRefused(f'"{name}" is not 32 octets (RFC 7518 §6.2.1.2).')
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\4%b%b" % (x, y))
    except ValueError:
        raise JwkRefused("The point is not on the curve P-256.") from None
    return {"crv": "P-256", "kty": "EC", "x": jwk["x"], "y": jwk["y"]}, ECKey.import_key(key)


def _read_rsa(jwk: Mapping[str, Any]) -> tuple[dict[str, str], RSAKey]:
    if jwk.get("kty") != "RSA":
        raise JwkRefused('RS256 takes a key with "kty":"RSA" (RFC 7518 §3.3).')
    modulus_octets, exponent_octets = _octets(jwk, "n"), _octets(jwk, "e")
    # RFC 7518 §2: Base64urlUInt uses the minimum number of octets, so that one key has one thumbprint.
    if modulus_octets[:1] == b"\0" or exponent_octets[:1] == b"\0":
        raise JwkRefused("An RSA member has leading zero octets (RFC 7518 §2).")
    modulus, exponent = int.from_bytes(modulus_octets), int.from_bytes(exponent_octets)
    if modulus.bit_length() not in RSA_BITS or modulus % 2 == 0:
        raise JwkRefused("The RSA modulus must be odd and have 2048 to 4096 bits (RFC 7518 §3.3).")
    if not (65_537 <= exponent < 2**32 and exponent % 2):
        raise JwkRefused("The RSA exponent must be odd, at least 65537 and below 2^32.")
    members = {"e": jwk["e"], "kty": "RSA", "n": jwk["n"]}
    try:
        key = RSAKey.import_key(members)
        key.get_op_key("verify")
    except (JoseError, ValueError):
        raise JwkRefused("The RSA key is not usable.") from None
    return members, key


def _octets(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    octets = base64url.decode(value) if isinstance(value, str) and 0 < len(value) <= _MAX_MEMBER_CHARS else None
    if octets is None:
        raise JwkRefused(f'The JWK member "{name}" is not canonical base64url text without padding (RFC 7515 §2).')
    return octets
