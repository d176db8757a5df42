"""Keys of programs, and what they sign: proofs and other JWTs, right ones and wrong ones. Written from the RFCs over
`cryptography` alone, so that a mistake of the server is not made twice."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
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
_numbers = itertools.count()


def signing_input(header: Mapping[str, Any], claims: Mapping[str, Any] | bytes) -> str:
    """What a compact JWS signs (RFC 7515 §5.1)."""
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return f"{b64u(json.dumps(header).encode())}.{b64u(payload)}"


def sign_compact(header: Mapping[str, Any], claims: Mapping[str, Any] | bytes, key: ec.EllipticCurvePrivateKey) -> str:
    """A compact JWS by ES256, whatever its header says."""
    signed = signing_input(header, claims)
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


class ProgramKey:
    """A P-256 key of a program.

    Args:
        name: the same key for the same name.
    """

    def __init__(self, name: str = "program") -> None:
        self.private = ec_key(name)
        self._publish(public_jwk(self.private))

    def _publish(self, jwk: dict[str, str]) -> None:
        self.jwk: dict[str, Any] = jwk
        self.canonical = json.dumps(jwk, sort_keys=True, separators=(",", ":"))
        self.jkt = thumbprint(jwk)

    def jws(self, header: Mapping[str, Any], claims: Mapping[str, Any] | bytes) -> str:
        """A compact JWS with exactly this header and payload."""
        return sign_compact(header, claims, self.private)

    def proof(
        self,
        *,
        url: str,
        now: float,
        method: str = "POST",
        nonce: str | None = None,
        token: str | None = None,
        header: Mapping[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """A proof for that request; `header` and `claims` change it."""
        made = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk} | dict(header or {})
        said: dict[str, Any] = {"jti": new_jti(), "htm": method, "htu": url, "iat": int(now)}
        if token is not None:
            said["ath"] = b64u(hashlib.sha256(token.encode()).digest())
        if nonce is not None:
            said["nonce"] = nonce
        return self.jws(present(made), present(said | claims))


def new_jti() -> str:
    """One that nobody has had in this process."""
    return f"jti {next(_numbers)}"


def present(members: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is `LEFT_OUT`."""
    return {name: value for name, value in members.items() if value is not LEFT_OUT}
