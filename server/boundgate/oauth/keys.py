"""The server's token keys: what signs, what still verifies, and what everybody may see (RFC 7517)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from boundgate.oauth.ports import SigningKey, SigningKeys

ALGORITHM = "ES256"
ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105 - RFC 9068 §2.1
_REMEMBERED = 16


class TokenKeys:
    """Signs tokens with the current key and finds the key of a token.

    Args:
        keys: asked each time, so that a rotation shows at once.
    """

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys
        self._loaded: dict[str, tuple[str, ECKey]] = {}

    def sign(self, claims: Mapping[str, Any], *, kind: str) -> str:
        """A compact JWT of the media type `kind`."""
        current = self._keys.signing_keys[0]
        header = {"alg": ALGORITHM, "typ": kind, "kid": current.kid}
        return jwt.encode(header, dict(claims), self._load(current), algorithms=[ALGORITHM], default_type=None)

    def key_of(self, kid: str) -> ec.EllipticCurvePublicKey | None:
        """The public key that this `kid` names; None where it is not, or no longer, ours."""
        found = next((key for key in self._keys.signing_keys if key.kid == kid), None)
        return None if found is None else self._load(found).public_key

    def jwks(self) -> dict[str, Any]:
        """The JWK set: the current key first, then those whose tokens may still be about."""
        return {
            "keys": [
                {**self._load(key).as_dict(private=False), "kid": key.kid, "use": "sig", "alg": ALGORITHM}
                for key in self._keys.signing_keys
            ]
        }

    def _load(self, key: SigningKey) -> ECKey:
        known = self._loaded.get(key.kid)
        if known is None or known[0] != key.pem:
            if len(self._loaded) >= _REMEMBERED:
                self._loaded.clear()
            known = self._loaded[key.kid] = (key.pem, ECKey.import_key(key.pem))
        return known[1]
