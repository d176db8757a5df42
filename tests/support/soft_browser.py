"""The browser's half of DBSC in software, for tests over HTTP: written from the draft and from what Chromium 156 sends.

It shares no code with the server on purpose: a mistake made on both sides would cancel out. It can also misbehave.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

import http_sf
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
SUPPORTED = ("ES256", "RS256")
_UNSET: Any = object()


@dataclass(frozen=True)
class SoftOffer:
    """One usable member of `Secure-Session-Registration`."""

    algorithms: tuple[str, ...]
    path: str
    challenge: str | None
    authorization: str | None


def read_offers(header: str) -> list[SoftOffer]:
    """The offers that Chromium would act on: inner lists with a supported algorithm and a path; the rest is skipped."""
    try:
        members: Any = http_sf.parse(header.encode(), tltype="list")
    except ValueError:
        return []
    offers = []
    for member, parameters in members:
        if not isinstance(member, list):
            continue
        names = [str(item) for item, _ in member if isinstance(item, http_sf.Token)]
        algorithms = tuple(name for name in names if name in SUPPORTED)
        texts = [parameters.get(name) for name in ("path", "challenge", "authorization")]
        if algorithms and type(texts[0]) is str and all(text is None or type(text) is str for text in texts):
            offers.append(SoftOffer(algorithms, *texts))
    return offers


def read_challenge(header: str, session_id: str) -> str | None:
    """The last challenge for this session in `Secure-Session-Challenge`; None where Chromium would find none."""
    try:
        members: Any = http_sf.parse(header.encode(), tltype="list")
    except ValueError:
        return None
    found = None
    for item, parameters in members:
        named = parameters.get("id")
        if type(item) is str and item and type(named) is str and named == session_id:
            found = item
    return found


class SoftDbsc:
    """One key and the proofs it signs.

    Args:
        alg: `ES256` or `RS256`.
        key: the private key; a new one by default.
    """

    def __init__(self, alg: str = "ES256", *, key: PrivateKey | None = None) -> None:
        self.alg = alg
        if key is None:
            key = ec.generate_private_key(ec.SECP256R1()) if alg == "ES256" else rsa.generate_private_key(65_537, 2048)
        self._key = key

    @classmethod
    def for_offer(cls, offer: SoftOffer) -> SoftDbsc:
        """A new key of the first algorithm that the offer names and Chromium supports."""
        return cls(offer.algorithms[0])

    @property
    def jwk(self) -> dict[str, str]:
        """The public key with the members that Chromium sends."""
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            point = self._key.public_key().public_numbers()
            return {"crv": "P-256", "kty": "EC", "x": _b64u(point.x.to_bytes(32)), "y": _b64u(point.y.to_bytes(32))}
        numbers = self._key.public_key().public_numbers()
        modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)
        exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8)
        return {"e": _b64u(exponent), "kty": "RSA", "n": _b64u(modulus)}

    @property
    def thumbprint(self) -> str:
        """RFC 7638, SHA-256."""
        return _b64u(hashlib.sha256(_json(self.jwk)).digest())

    def registration_proof(self, challenge: str | None, authorization: str | None = None, **misbehaviour: Any) -> str:
        """What Chromium answers to an offer; see `proof` for the misbehaviour."""
        claims = {"jti": challenge, "authorization": authorization}
        header = {"alg": self.alg, "jwk": self.jwk, "typ": "dbsc+jwt"}
        return self.proof(header, {name: value for name, value in claims.items() if value is not None}, **misbehaviour)

    def refresh_proof(self, challenge: str | None, **misbehaviour: Any) -> str:
        """What Chromium answers to a challenge; see `proof` for the misbehaviour."""
        claims = {} if challenge is None else {"jti": challenge}
        return self.proof({"alg": self.alg, "typ": "dbsc+jwt"}, claims, **misbehaviour)

    def proof(
        self,
        header: dict[str, Any],
        claims: dict[str, Any],
        *,
        alg: str = _UNSET,
        jwk: Any = _UNSET,
        typ: Any = _UNSET,
        aud: Any = _UNSET,
        extra_header: dict[str, Any] | None = None,
        extra_claims: dict[str, Any] | None = None,
        signer: SoftDbsc | None = None,
        der: bool = False,
    ) -> str:
        """A compact JWS: sorted members, no whitespace, raw r||s signature.

        Args:
            alg, jwk, typ: replace the header member; `alg` also decides how it is signed (`none`: not at all;
                `HS256`: with this public key's PEM as the secret).
            aud: adds the claim.
            extra_header, extra_claims: added last; a value of None removes the member.
            signer: signs in place of this key.
            der: leaves an ECDSA signature in DER.
        """
        replaced = {"alg": alg, "jwk": jwk, "typ": typ}
        header = header | {name: value for name, value in replaced.items() if value is not _UNSET}
        header = _without_none(header | (extra_header or {}))
        claims = claims if aud is _UNSET else claims | {"aud": aud}
        claims = _without_none(claims | (extra_claims or {}))
        return self.sign(_json(header), _json(claims), alg=str(header.get("alg")), signer=signer, der=der)

    def sign(
        self, header: bytes, claims: bytes, *, alg: str | None = None, signer: SoftDbsc | None = None, der: bool = False
    ) -> str:
        """A compact JWS of these very octets, whatever they are."""
        signing_input = f"{_b64u(header)}.{_b64u(claims)}"
        signature = (signer or self)._signature(signing_input.encode(), alg or self.alg, der=der)
        return f"{signing_input}.{_b64u(signature)}"

    def _signature(self, message: bytes, alg: str, *, der: bool) -> bytes:
        if alg == "none":
            return b""
        if alg == "HS256":
            pem = self._key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            return hmac.digest(pem, message, "sha256")
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        # RFC 6979, so that a fixed key makes fixed vectors.
        signature = self._key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        if der:
            return signature
        r, s = decode_dss_signature(signature)
        return r.to_bytes(32) + s.to_bytes(32)


def registration_headers(proof: str, *, origin: str) -> dict[str, str]:
    """The request headers of Chromium 156 for `POST` to the offer's path; there is no body."""
    return {
        "Content-Length": "0",
        "Origin": origin,
        "Sec-Fetch-Dest": "empty",
        "Sec-Fetch-Mode": "no-cors",
        "Sec-Fetch-Site": "same-origin",
        "Secure-Session-Response": proof,
    }


def refresh_headers(session_id: str, proof: str | None, *, origin: str) -> dict[str, str]:
    """The same for `POST` to the refresh URL; without a proof where no challenge is known."""
    headers = registration_headers(proof or "", origin=origin) | {"Sec-Secure-Session-Id": session_id}
    if proof is None:
        del headers["Secure-Session-Response"]
    return headers


def _without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _json(value: Any) -> bytes:
    # Chromium escapes the less-than sign, so that JSON can stand in a page.
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode().replace(b"<", b"\\u003C")


def _b64u(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
