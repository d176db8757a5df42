"""ECDSA with P-256 and SHA-256 as JWS has it (RFC 7518 §3.4), over `cryptography`."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

SIGNATURE_OCTETS = 64
_ALGORITHM = ec.ECDSA(SHA256())


def verify_es256(key: ec.EllipticCurvePublicKey, *, message: bytes, signature: bytes | None) -> bool:
    """Whether `signature` is R and S, 32 octets each, over `message` (RFC 7518 §3.4).

    Args:
        key: on P-256; any other curve verifies nothing.
        signature: None for one whose text could not be read.
    """
    # RFC 7518 §3.4: the octets represent R and S, left-padded; the size decides, as in no DER.
    if signature is None or len(signature) != SIGNATURE_OCTETS or key.curve.name != "secp256r1":
        return False
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    try:
        key.verify(der, message, _ALGORITHM)
    except InvalidSignature:
        return False
    return True
