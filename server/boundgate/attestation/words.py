"""Constants of the TCG TPM 2.0 Library, part 2, as far as attestation needs them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from enum import IntEnum, IntFlag
from typing import Any

from cryptography.hazmat.primitives import hashes


class Algorithm(IntEnum):
    """TPM_ALG_ID (§6.3)."""

    RSA = 0x0001
    AES = 0x0006
    SHA256 = 0x000B
    SHA384 = 0x000C
    SHA512 = 0x000D
    NULL = 0x0010
    RSASSA = 0x0014
    ECDSA = 0x0018
    ECC = 0x0023
    CFB = 0x0043


class Attributes(IntFlag):
    """TPMA_OBJECT (§8.3). Bits that are not listed are reserved and must be clear."""

    FIXED_TPM = 1 << 1
    ST_CLEAR = 1 << 2
    FIXED_PARENT = 1 << 4
    SENSITIVE_DATA_ORIGIN = 1 << 5
    USER_WITH_AUTH = 1 << 6
    ADMIN_WITH_POLICY = 1 << 7
    FIRMWARE_LIMITED = 1 << 8
    SVN_LIMITED = 1 << 9
    NO_DA = 1 << 10
    ENCRYPTED_DUPLICATION = 1 << 11
    RESTRICTED = 1 << 16
    DECRYPT = 1 << 17
    SIGN = 1 << 18
    X509_SIGN = 1 << 19


ALL_ATTRIBUTES = sum(Attributes)
"""Every bit that has a meaning."""

GENERATED = 0xFF544347
"""TPM_GENERATED_VALUE (§6.2): a restricted key signs nothing that begins so unless its TPM made it."""

ST_ATTEST_CERTIFY = 0x8017
"""TPM_ST of what TPM2_Certify signs (§6.9)."""

NIST_P256 = 0x0003
"""TPM_ECC_CURVE (§6.4)."""

HASHES: dict[int, tuple[Callable[[bytes], Any], hashes.HashAlgorithm]] = {
    Algorithm.SHA256: (hashlib.sha256, hashes.SHA256()),
    Algorithm.SHA384: (hashlib.sha384, hashes.SHA384()),
    Algorithm.SHA512: (hashlib.sha512, hashes.SHA512()),
}
"""Hash algorithms that are accepted anywhere. SHA-1 is none of them."""
