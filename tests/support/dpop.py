"""A client with a key in software that makes DPoP proofs, right ones and wrong ones, by no code under test."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from tests.support.keys import b64u, ec_key


class _Absent(Enum):
    LEFT_OUT = "left out"


LEFT_OUT: Any = _Absent.LEFT_OUT
"""As the value of a claim or header member: it is not there."""


def sign_compact(header: Mapping[str, Any], claims: Mapping[str, Any], key: ec.EllipticCurvePrivateKey) -> str:
    """A compact JWS by ES256, whatever its header says."""
    signed = f"{b64u(json.dumps(header).encode())}.{b64u(json.dumps(claims).encode())}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"{signed}.{b64u(r.to_bytes(32) + s.to_bytes(32))}"


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The public half (RFC 7518 §6.2.1)."""
    numbers = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": b64u(numbers.x.to_bytes(32)), "y": b64u(numbers.y.to_bytes(32))}


def thumbprint(jwk: Mapping[str, str]) -> str:
    """RFC 7638."""
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return b64u(hashlib.sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest())


@dataclass
class SoftDpop:
    """A key and what it has signed so far."""

    name: str = "owner"
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        return ec_key(self.name)

    @property
    def jwk(self) -> dict[str, str]:
        return public_jwk(self.key)

    @property
    def jkt(self) -> str:
        return thumbprint(self.jwk)

    def proof(
        self,
        *,
        method: str,
        url: str,
        now: float,
        nonce: str | None = None,
        token: str | None = None,
        header: Mapping[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """A proof for that request; `header` and `claims` change it."""
        made = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk} | dict(header or {})
        said = {"jti": f"proof-{next(self.numbers)}", "htm": method, "htu": url, "iat": int(now)}
        if token is not None:
            said["ath"] = b64u(hashlib.sha256(token.encode()).digest())
        if nonce is not None:
            said["nonce"] = nonce
        said |= claims
        return sign_compact(*({k: v for k, v in part.items() if v is not LEFT_OUT} for part in (made, said)), self.key)
