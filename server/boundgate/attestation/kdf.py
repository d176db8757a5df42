"""The key derivation functions of TPM 2.0 (part 1 §11.4.10)."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from cryptography.hazmat.primitives import hashes


def kdfa(
    algorithm: hashes.HashAlgorithm,
    *,
    key: bytes,
    label: bytes,
    context_u: bytes = b"",
    context_v: bytes = b"",
    bits: int,
) -> bytes:
    """KDFa (§11.4.10.2): NIST SP 800-108 in counter mode with HMAC.

    Args:
        label: without the octet 0 that ends it.
        bits: a multiple of eight.
    """
    fixed = label + b"\0" + context_u + context_v + bits.to_bytes(4)
    return _first(bits, (hmac.digest(key, counter + fixed, algorithm.name) for counter in _counters()))


def kdfe(
    algorithm: hashes.HashAlgorithm,
    *,
    z: bytes,
    label: bytes,
    party_u: bytes,
    party_v: bytes,
    bits: int,
) -> bytes:
    """KDFe (§11.4.10.3): NIST SP 800-56A, for a secret `z` that two elliptic keys agreed on.

    Args:
        z, party_u, party_v: x coordinates, each as long as the curve's field.
        label: without the octet 0 that ends it.
        bits: a multiple of eight.
    """
    fixed = z + label + b"\0" + party_u + party_v
    return _first(bits, (_digest(algorithm, counter + fixed) for counter in _counters()))


def _counters() -> Iterator[bytes]:
    return (counter.to_bytes(4) for counter in range(1, 1 << 32))


def _first(bits: int, blocks: Iterator[bytes]) -> bytes:
    derived = b""
    while len(derived) < bits // 8:
        derived += next(blocks)
    return derived[: bits // 8]


def _digest(algorithm: hashes.HashAlgorithm, octets: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(octets)
    return digest.finalize()
