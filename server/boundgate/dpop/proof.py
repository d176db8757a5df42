"""A DPoP proof, a compact JWS (RFC 9449 §4.2), verified in the order of RFC 9449 §4.3."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from boundgate.dpop.errors import InvalidDpopProof, UseDpopNonce
from boundgate.dpop.htu import is_same_url
from boundgate.dpop.nonces import DpopNonces
from boundgate.jose import base64url
from boundgate.jose.compact import Parts, read_part, split_compact
from boundgate.jose.errors import JwkRefused, JwsMalformed
from boundgate.jose.es256 import verify_es256
from boundgate.jose.jwk import read_public_key

TYPE = "dpop+jwt"
ALGORITHMS = ("ES256",)
"""What `dpop_signing_alg_values_supported` names. TPMs, browsers and phones all have it, so there is no second one."""
SKEW_SECONDS = 60.0
MAX_JTI_CHARS = 256
_CLAIMS = ("jti", "htm", "htu")
_REMEMBERED_HEADER_CHARS = 512


@dataclass(frozen=True, slots=True)
class DpopProof:
    """What a valid proof says. It counts once: whoever accepts it must see to that."""

    jkt: str
    """Thumbprint of the key that has signed it."""
    jti: str
    issued_at: float
    """By the client's clock."""
    nonce_issued_at: float | None
    """When its nonce was issued, by ours; None where no nonce was asked for."""


@dataclass(frozen=True, slots=True)
class _Key:
    ec: ec.EllipticCurvePublicKey
    jkt: str


def verify_proof(
    *,
    fields: Sequence[str],
    expected_method: str,
    expected_url: str,
    expected_jkt: str | None = None,
    expected_token_hash: str | None = None,
    nonces: DpopNonces | None,
    now: float,
    skew_seconds: float = SKEW_SECONDS,
) -> DpopProof:
    """Verify a proof; RFC 9449 §4.3.

    Args:
        fields: the values of every `DPoP` header field of the request.
        expected_method: of the request.
        expected_url: of the request as its sender sees it, so with the public origin, however many proxies there are;
            without query and fragment.
        expected_jkt: thumbprint of the key that the token or code is bound to; None where the proof itself decides.
        expected_token_hash: `token_hash` of the access token that comes with it; None at the authorization server.
        nonces: checks the nonce, which must be there; None asks for none.
        now: Unix seconds.
        skew_seconds: how far the client's clock may be from ours.

    Raises:
        InvalidDpopProof, UseDpopNonce.
    """
    # 1. There is not more than one DPoP HTTP request header field.
    if len(fields) != 1:
        raise InvalidDpopProof("Send exactly one DPoP header field (RFC 9449 §4.3).")
    # 2. The DPoP HTTP request header field value is a single and well-formed JWT.
    parts, claims = _read(fields[0])
    # 3. All required claims per Section 4.2 are contained in the JWT.
    issued_at = _check_claims(claims)
    # 4. The typ JOSE Header Parameter has the value dpop+jwt. 5. The alg is an asymmetric one that we take. 7. The jwk
    # has no private key; whoever sends one is refused before anything is verified with it.
    key = _header(parts.header)
    # 6. The JWT signature verifies with the public key contained in the jwk JOSE Header Parameter.
    signature = base64url.decode_octets(parts.signature)
    if not verify_es256(key.ec, message=parts.signing_input, signature=signature):
        raise InvalidDpopProof("The proof's signature does not verify with its own key.")
    jkt = key.jkt
    # 8. The htm claim matches the HTTP method of the current request.
    if claims["htm"] != expected_method:
        raise InvalidDpopProof('The proof\'s "htm" is not the method of this request.', jkt=jkt)
    # 9. The htu claim matches the HTTP URI value of the request, ignoring any query and fragment parts.
    if not is_same_url(claims["htu"], expected_url):
        raise InvalidDpopProof('The proof\'s "htu" is not the public URL of this request.', jkt=jkt)
    # 10. If the server provided a nonce value to the client, the nonce claim matches the server-provided nonce value.
    nonce_issued_at = _check_nonce(claims, jkt, nonces)
    # 11. The creation time of the JWT is within an acceptable window. The nonce bounds it already (§11.1); a clock that
    # is far off is refused nevertheless.
    _check_times(claims, issued_at, now, skew_seconds, jkt)
    # 12. If presented to a protected resource in conjunction with an access token,
    # ensure that the value of the ath claim equals the hash of that access token,
    if expected_token_hash is not None and claims.get("ath") != expected_token_hash:
        raise InvalidDpopProof('The proof\'s "ath" is not the hash of the access token (RFC 9449 §4.2).', jkt=jkt)
    # and confirm that the public key to which the access token is bound matches the public key from the DPoP proof.
    if expected_jkt is not None and jkt != expected_jkt:
        raise InvalidDpopProof("The proof is not made with the key that this is bound to.", jkt=jkt)
    return DpopProof(jkt, claims["jti"], issued_at, nonce_issued_at)


def claimed_thumbprint(fields: Sequence[str]) -> str | None:
    """Thumbprint of the key that a proof carries, whether or not it has signed it; None where none can be read."""
    try:
        return _header(split_compact(fields[0]).header).jkt if len(fields) == 1 else None
    except (InvalidDpopProof, JwsMalformed):
        return None


def token_hash(access_token: str) -> str:
    """The `ath` of a token: base64url of the SHA-256 of its ASCII octets (RFC 9449 §4.2)."""
    return base64url.encode(hashlib.sha256(access_token.encode("ascii", "replace")).digest())


def _read(text: str) -> tuple[Parts, dict[str, Any]]:
    try:
        parts = split_compact(text)
        return parts, read_part(parts.payload, "payload")
    except JwsMalformed as error:
        raise InvalidDpopProof(error.detail.replace("JWS", "proof", 1)) from None


def _header(part: bytes) -> _Key:
    # A client's header is always the same text, and reading its key costs a third of a verification.
    return _remembered_header(part) if len(part) <= _REMEMBERED_HEADER_CHARS else _read_header(part)


def _read_header(part: bytes) -> _Key:
    try:
        header = read_part(part, "header")
    except JwsMalformed as error:
        raise InvalidDpopProof(error.detail.replace("JWS", "proof", 1)) from None
    # RFC 9449 §4.2: typ, alg and jwk, each of them.
    if header.get("typ") != TYPE:
        raise InvalidDpopProof(f'The proof\'s "typ" must be "{TYPE}".')
    if header.get("alg") not in ALGORITHMS:
        raise InvalidDpopProof(f'The proof\'s "alg" must be one of: {", ".join(ALGORITHMS)}.')
    # RFC 7515 §4.1.11: what is critical and not understood must be refused; nothing critical is understood here.
    if "crit" in header:
        raise InvalidDpopProof('The proof names critical header members ("crit"), and none is supported.')
    jwk = header.get("jwk")
    if not isinstance(jwk, dict):
        raise InvalidDpopProof('The proof carries its public key in the header member "jwk".')
    try:
        key = read_public_key(jwk, algorithm=header["alg"])
    except JwkRefused as error:
        raise InvalidDpopProof(error.detail) from None
    return _Key(key.ec_key, key.thumbprint)


_remembered_header = lru_cache(maxsize=4096)(_read_header)


def forget_keys() -> None:
    """Read every key anew from now on; for measuring what that costs."""
    _remembered_header.cache_clear()


def _check_claims(claims: Mapping[str, Any]) -> float:
    for name in _CLAIMS:
        if not isinstance(claims.get(name), str) or not claims[name]:
            raise InvalidDpopProof(f'The proof has no "{name}", or one that is no text (RFC 9449 §4.2).')
    if len(claims["jti"]) > MAX_JTI_CHARS:
        raise InvalidDpopProof(f'The proof\'s "jti" is longer than {MAX_JTI_CHARS} characters.')
    return _time(claims, "iat")


def _time(claims: Mapping[str, Any], name: str) -> float:
    """A NumericDate (RFC 7519 §2), which may have a fraction."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        raise InvalidDpopProof(f'The proof has no "{name}" in Unix seconds (RFC 7519 §2).')
    return float(value)


def _check_nonce(claims: Mapping[str, Any], jkt: str, nonces: DpopNonces | None) -> float | None:
    if nonces is None:
        return None
    nonce = claims.get("nonce")
    issued_at = nonces.issued_at(nonce, jkt=jkt) if isinstance(nonce, str) else None
    if issued_at is None:
        raise UseDpopNonce("The proof must hold a current nonce of this server; use the one in DPoP-Nonce.", jkt=jkt)
    return issued_at


def _check_times(claims: Mapping[str, Any], issued_at: float, now: float, skew_seconds: float, jkt: str) -> None:
    if abs(now - issued_at) > skew_seconds:
        raise InvalidDpopProof('The proof\'s "iat" is too far from now; set the clock.', jkt=jkt)
    # RFC 7519 §4.1.4, §4.1.5: a proof needs neither, and what it says of its own life counts.
    if "exp" in claims and now >= _time(claims, "exp") + skew_seconds:
        raise InvalidDpopProof("The proof has expired.", jkt=jkt)
    if "nbf" in claims and now < _time(claims, "nbf") - skew_seconds:
        raise InvalidDpopProof("The proof is not valid yet.", jkt=jkt)
