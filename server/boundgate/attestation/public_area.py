"""TPM2B_PUBLIC of signing keys (part 2 §12.2): elliptic curve P-256 and RSA, read strictly."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from boundgate.attestation.octets import Reader
from boundgate.attestation.words import ALL_ATTRIBUTES, HASHES, NIST_P256, Algorithm, Attributes

LONGEST = 1024
"""Octets of a TPM2B_PUBLIC at most; one of RSA with 4096 bits and a policy has some 620."""

P256_OCTETS = 32
RSA_BITS = (2048, 3072, 4096)
_DIGEST_MOST = 64
_AES_BITS = (128, 192, 256)
_EXPONENT = 65_537


@dataclass(frozen=True, slots=True)
class PublicArea:
    """The public area of an object in a TPM, or of what claims to be one."""

    octets: bytes = field(repr=False)
    """The TPMT_PUBLIC as it came, without the length before it; its digest is the object's name."""
    name_algorithm: int
    attributes: Attributes
    scheme: int
    """ECDSA, RSASSA or NULL (none is fixed)."""
    scheme_hash: int | None
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey = field(compare=False, repr=False)


def read_public(octets: bytes, *, what: str) -> PublicArea:
    """Read a TPM2B_PUBLIC.

    Args:
        what: such as "attestation key's public area", for the sentence of a refusal.

    Raises:
        StructureRefused: it is none, octets follow it, a length is not what it must be, reserved bits are set, the
            algorithms are not ours, or the point is not on its curve.
    """
    outer = Reader(octets, what=what)
    area = outer.sized(most=LONGEST)
    outer.end()
    reader = Reader(area, what=what)
    kind, name_algorithm = reader.number(2), reader.number(2)
    if name_algorithm not in HASHES:
        raise reader.refused("its name algorithm is not SHA-256, SHA-384 or SHA-512")
    attributes = reader.number(4)
    if attributes & ~ALL_ATTRIBUTES:
        raise reader.refused("it has attributes that are reserved")
    # §12.2.4: a policy is absent or a digest by the name algorithm.
    policy = reader.sized(most=_DIGEST_MOST)
    if policy and len(policy) != HASHES[name_algorithm][1].digest_size:
        raise reader.refused("its policy is no digest of its name algorithm")
    if kind == Algorithm.ECC:
        scheme, scheme_hash, key = _read_ecc(reader)
    elif kind == Algorithm.RSA:
        scheme, scheme_hash, key = _read_rsa(reader)
    else:
        raise reader.refused("the key is neither of an elliptic curve nor RSA")
    reader.end()
    return PublicArea(area, name_algorithm, Attributes(attributes), scheme, scheme_hash, key)


_Key = tuple[int, int | None, ec.EllipticCurvePublicKey | rsa.RSAPublicKey]


def _read_ecc(reader: Reader) -> _Key:
    # §12.2.3.6 TPMS_ECC_PARMS, then §11.2.5.2 TPMS_ECC_POINT.
    _read_symmetric(reader)
    scheme, scheme_hash = _read_scheme(reader, Algorithm.ECDSA)
    if reader.number(2) != NIST_P256:
        raise reader.refused("its curve is not P-256")
    if reader.number(2) != Algorithm.NULL:
        raise reader.refused("it has a key derivation scheme, which no signing key has")
    x, y = (int.from_bytes(reader.sized(most=P256_OCTETS)) for _ in range(2))
    try:
        return scheme, scheme_hash, ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        raise reader.refused("its point is not on the curve") from None


def _read_rsa(reader: Reader) -> _Key:
    # §12.2.3.5 TPMS_RSA_PARMS, then §11.2.4.5 TPM2B_PUBLIC_KEY_RSA.
    _read_symmetric(reader)
    scheme, scheme_hash = _read_scheme(reader, Algorithm.RSASSA)
    bits, exponent = reader.number(2), reader.number(4)
    if bits not in RSA_BITS:
        raise reader.refused("its RSA key has not 2048, 3072 or 4096 bits")
    # An exponent of 0 stands for the default.
    if exponent not in (0, _EXPONENT):
        raise reader.refused("its RSA exponent is not 65537")
    modulus = int.from_bytes(reader.sized(most=bits // 8))
    if modulus.bit_length() != bits:
        raise reader.refused("its RSA modulus has not the length that it states")
    if modulus % 2 == 0:
        raise reader.refused("its RSA modulus is even")
    return scheme, scheme_hash, rsa.RSAPublicNumbers(_EXPONENT, modulus).public_key()


def _read_symmetric(reader: Reader) -> None:
    # §11.1.7 TPMT_SYM_DEF_OBJECT. Signing keys have none; one that has is read, so that its attributes can be judged.
    algorithm = reader.number(2)
    if algorithm == Algorithm.NULL:
        return
    if algorithm != Algorithm.AES or reader.number(2) not in _AES_BITS or reader.number(2) != Algorithm.CFB:
        raise reader.refused("its symmetric algorithm is not AES in CFB mode")


def _read_scheme(reader: Reader, signing: int) -> tuple[int, int | None]:
    scheme = reader.number(2)
    if scheme == Algorithm.NULL:
        return scheme, None
    if scheme != signing:
        raise reader.refused("its scheme is neither ECDSA nor RSASSA")
    digest = reader.number(2)
    if digest not in HASHES:
        raise reader.refused("its scheme's hash is not SHA-256, SHA-384 or SHA-512")
    return scheme, digest
