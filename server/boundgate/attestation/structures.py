"""What TPM2_Certify returns: TPMS_ATTEST (part 2 §10.12.12) and TPMT_SIGNATURE (§11.3.4), read strictly."""

from __future__ import annotations

from dataclasses import dataclass

from boundgate.attestation.octets import Reader
from boundgate.attestation.words import GENERATED, HASHES, ST_ATTEST_CERTIFY, Algorithm

LONGEST = 1024
"""Octets of either at most."""

_NAME_MOST = 2 + 64
_DATA_MOST = 2 + 64
_CLOCK_INFO_OCTETS = 8 + 4 + 4
_FIRMWARE_OCTETS = 8
_ECC_MOST = 66
_RSA_MOST = 512


@dataclass(frozen=True, slots=True)
class Certification:
    """What a TPM says that it certified."""

    extra_data: bytes
    """The qualifying data that whoever called TPM2_Certify gave."""
    name: bytes
    """The name of the certified object."""


@dataclass(frozen=True, slots=True)
class Signature:
    """ECDSA with `r` and `s`, or RSASSA with the signature's octets in `rsa`."""

    algorithm: int
    digest: int
    r: int = 0
    s: int = 0
    rsa: bytes = b""


def read_certification(octets: bytes) -> Certification:
    """Read a TPMS_ATTEST of TPM2_Certify.

    Raises:
        StructureRefused: it is none, octets follow it, its magic or its type is another.
    """
    if len(octets) > LONGEST:
        raise Reader(b"", what="certification").refused("it is longer than it can be")
    reader = Reader(octets, what="certification")
    # Part 1 §31: only what a TPM made itself begins so, as far as a restricted key signed it.
    if reader.number(4) != GENERATED:
        raise reader.refused("its magic is not TPM_GENERATED_VALUE, so no TPM made it")
    if reader.number(2) != ST_ATTEST_CERTIFY:
        raise reader.refused("its type is not that of TPM2_Certify")
    reader.sized(most=_NAME_MOST)  # the signer's qualified name, which the signature makes superfluous
    extra_data = reader.sized(most=_DATA_MOST)
    reader.take(_CLOCK_INFO_OCTETS)
    if reader.number(1) > 1:
        raise reader.refused("its clock is neither safe nor unsafe")
    reader.take(_FIRMWARE_OCTETS)
    name = reader.sized(most=_NAME_MOST)
    reader.sized(most=_NAME_MOST)  # the qualified name, which depends on the parents
    reader.end()
    return Certification(extra_data, name)


def read_signature(octets: bytes) -> Signature:
    """Read a TPMT_SIGNATURE by ECDSA or RSASSA.

    Raises:
        StructureRefused: it is none, octets follow it, or its algorithms are not ours.
    """
    if len(octets) > LONGEST:
        raise Reader(b"", what="certification's signature").refused("it is longer than it can be")
    reader = Reader(octets, what="certification's signature")
    algorithm = reader.number(2)
    if algorithm not in (Algorithm.ECDSA, Algorithm.RSASSA):
        raise reader.refused("its scheme is neither ECDSA nor RSASSA")
    digest = reader.number(2)
    if digest not in HASHES:
        raise reader.refused("its hash is not SHA-256, SHA-384 or SHA-512")
    if algorithm == Algorithm.ECDSA:
        r, s = (int.from_bytes(reader.sized(most=_ECC_MOST)) for _ in range(2))
        signature = Signature(algorithm, digest, r=r, s=s)
    else:
        signature = Signature(algorithm, digest, rsa=reader.sized(most=_RSA_MOST))
    reader.end()
    return signature
