"""What a TPM calls an object, and what RFC 7638 calls its key."""

from __future__ import annotations

import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import ec

from boundgate.attestation.errors import NotAttested
from boundgate.attestation.public_area import P256_OCTETS, PublicArea
from boundgate.attestation.words import HASHES
from boundgate.jose import base64url


def name_of(area: PublicArea) -> bytes:
    """The object's name: its name algorithm and the digest of its public area (part 1 §16)."""
    digest = HASHES[area.name_algorithm][0](area.octets).digest()
    return area.name_algorithm.to_bytes(2) + bytes(digest)


def thumbprint_of(area: PublicArea) -> str:
    """The RFC 7638 SHA-256 thumbprint of a P-256 key, base64url without padding.

    Raises:
        NotAttested: the key is RSA, with which no proof is made here (RFC 9449: ES256 is the algorithm offered).
    """
    if not isinstance(area.key, ec.EllipticCurvePublicKey):
        raise NotAttested("The certified key is RSA; proofs are made with a P-256 key.")
    numbers = area.key.public_numbers()
    members = {
        "crv": "P-256",
        "kty": "EC",
        "x": base64url.encode(numbers.x.to_bytes(P256_OCTETS)),
        "y": base64url.encode(numbers.y.to_bytes(P256_OCTETS)),
    }
    # RFC 7638 §3: the members in their order, without white space.
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return base64url.encode(hashlib.sha256(canonical.encode()).digest())
