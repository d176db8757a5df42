"""Reading what a browser signed, without verifying it: these proofs are looked at, never trusted."""

from __future__ import annotations

import base64
import json
from typing import Any

from boundgate.dbsc import read_public_key


def header(proof: str) -> dict[str, Any]:
    """The JWS header."""
    return _part(proof, 0)


def claims(proof: str) -> dict[str, Any]:
    """The payload."""
    return _part(proof, 1)


def thumbprint(proof: str) -> str:
    """RFC 7638 thumbprint of the key that a registration proof carries."""
    read = header(proof)
    return read_public_key(read["jwk"], algorithm=read["alg"]).thumbprint


def _part(proof: str, index: int) -> dict[str, Any]:
    text = proof.split(".")[index]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found
