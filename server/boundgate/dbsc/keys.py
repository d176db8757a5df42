"""Keys and proofs read by `boundgate.jose`, with the errors of this protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boundgate.dbsc.errors import KeyRefused, ProofMalformed
from boundgate.jose import jwk as jose_jwk
from boundgate.jose.compact import Compact, read_compact
from boundgate.jose.errors import JwkRefused, JwsMalformed
from boundgate.jose.jwk import PublicKey


def read_proof_parts(proof: str) -> Compact:
    """Split and decode a proof.

    Raises:
        ProofMalformed: as `boundgate.jose.compact.read_compact` has it.
    """
    try:
        return read_compact(proof)
    except JwsMalformed as error:
        raise ProofMalformed(error.detail) from None


def read_public_key(jwk: Mapping[str, Any], *, algorithm: str) -> PublicKey:
    """Read a JWK that is to verify `algorithm`.

    Raises:
        KeyRefused: as `boundgate.jose.jwk.read_public_key` has it.
    """
    try:
        return jose_jwk.read_public_key(jwk, algorithm=algorithm)
    except JwkRefused as error:
        raise KeyRefused(error.detail) from None


def load_public_key(jwk: str, *, algorithm: str) -> PublicKey:
    """A key that was stored as canonical JSON; parsed once and kept, since parsing costs as much as HTTP does.

    Raises:
        KeyRefused: it cannot have been stored by us.
    """
    try:
        return jose_jwk.load_public_key(jwk, algorithm=algorithm)
    except JwkRefused as error:
        raise KeyRefused(error.detail) from None
