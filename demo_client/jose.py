"""The little of JOSE that a client with one P-256 key needs: base64url, thumbprints, compact signatures (ES256)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Protocol


class Key(Protocol):
    """A P-256 key that signs. Where it lives is its own business: `demo_client.keys` has three kinds."""

    @property
    def jwk(self) -> Mapping[str, str]:
        """The public key: exactly `kty`, `crv`, `x` and `y` (RFC 7517)."""
        ...

    def sign(self, message: bytes) -> bytes:
        """ECDSA with SHA-256 over `message`, as r || s in 64 octets (RFC 7518 §3.4). Raises KeyUnusable."""
        ...


def b64url(octets: bytes) -> str:
    """base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def from_b64url(text: str) -> bytes:
    """The octets. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def thumbprint(jwk: Mapping[str, str]) -> str:
    """RFC 7638 §3: SHA-256 over the required members in lexicographic order, without white space."""
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return b64url(hashlib.sha256(_json(members)).digest())


def public_jwk(x: int, y: int) -> dict[str, str]:
    """The JWK of a point. RFC 7518 §6.2.1.2: coordinates keep their leading zeros."""
    return {"kty": "EC", "crv": "P-256", "x": b64url(x.to_bytes(32, "big")), "y": b64url(y.to_bytes(32, "big"))}


def sign_compact(key: Key, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """A compact JWS (RFC 7515 §7.1). Raises KeyUnusable."""
    signing_input = f"{b64url(_json(header))}.{b64url(_json(claims))}"
    return f"{signing_input}.{b64url(key.sign(signing_input.encode()))}"


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
