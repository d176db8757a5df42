"""TPM structures made without any TPM: what a liar sends, and what parsers are tried on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from boundgate.attestation.words import GENERATED, ST_ATTEST_CERTIFY, Algorithm, Attributes

STAYS = Attributes.FIXED_TPM | Attributes.FIXED_PARENT | Attributes.SENSITIVE_DATA_ORIGIN | Attributes.USER_WITH_AUTH
KEY = STAYS | Attributes.SIGN
ATTESTATION_KEY = KEY | Attributes.RESTRICTED


def u16(number: int) -> bytes:
    return number.to_bytes(2)


def tpm2b(octets: bytes) -> bytes:
    return u16(len(octets)) + octets


@dataclass(frozen=True)
class SoftKey:
    """A key in memory that calls itself whatever it likes."""

    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    attributes: int = KEY
    name_algorithm: int = Algorithm.SHA256
    policy: bytes = b""
    symmetric: bytes = u16(Algorithm.NULL)
    scheme: bytes | None = None

    @property
    def area(self) -> bytes:
        """TPMT_PUBLIC."""
        elliptic = isinstance(self.private, ec.EllipticCurvePrivateKey)
        kind = Algorithm.ECC if elliptic else Algorithm.RSA
        head = u16(kind) + u16(self.name_algorithm) + self.attributes.to_bytes(4) + tpm2b(self.policy) + self.symmetric
        signing = Algorithm.ECDSA if elliptic else Algorithm.RSASSA
        head += u16(signing) + u16(Algorithm.SHA256) if self.scheme is None else self.scheme
        numbers = self.private.public_key().public_numbers()
        if elliptic:
            return head + u16(3) + u16(Algorithm.NULL) + tpm2b(numbers.x.to_bytes(32)) + tpm2b(numbers.y.to_bytes(32))
        size = self.private.key_size
        return head + u16(size) + (0).to_bytes(4) + tpm2b(numbers.n.to_bytes(size // 8))

    @property
    def public(self) -> bytes:
        """TPM2B_PUBLIC."""
        return tpm2b(self.area)

    @property
    def name(self) -> bytes:
        return u16(self.name_algorithm) + hashlib.new(Algorithm(self.name_algorithm).name, self.area).digest()

    def sign(self, message: bytes) -> bytes:
        """TPMT_SIGNATURE by SHA-256."""
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
            return u16(Algorithm.ECDSA) + u16(Algorithm.SHA256) + tpm2b(r.to_bytes(32)) + tpm2b(s.to_bytes(32))
        signature = self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return u16(Algorithm.RSASSA) + u16(Algorithm.SHA256) + tpm2b(signature)


def attest(
    *,
    name: bytes,
    extra_data: bytes,
    magic: int = GENERATED,
    kind: int = ST_ATTEST_CERTIFY,
    clock: bytes = bytes(16) + b"\1",
) -> bytes:
    """TPMS_ATTEST."""
    head = magic.to_bytes(4) + u16(kind) + tpm2b(name) + tpm2b(extra_data)
    return head + clock + bytes(8) + tpm2b(name) + tpm2b(name)
