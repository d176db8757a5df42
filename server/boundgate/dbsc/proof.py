"""The DBSC proof, a compact JWS (DBSC §9.1; RFC 7515), parsed and verified.

Chromium 156 sends `{"alg","typ":"dbsc+jwt"[,"jwk"]}` and `{"jti"[,"authorization"][,"aud"]}`: no time, no issuer, no
session. Freshness comes from the challenge in `jti` alone, so whoever calls these functions must redeem it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from boundgate import strict_json
from boundgate.dbsc.errors import ProofMalformed, ProofRefused
from boundgate.dbsc.headers import MAX_PROOF_CHARS
from boundgate.dbsc.jwk import ALGORITHMS, PublicKey, read_public_key

TYPE = "dbsc+jwt"
MAX_CLAIM_CHARS = 1024
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


class _Registry(jws.JWSRegistry):
    # joserfc's 512 leave no room for an RSA key, which DBSC carries in the header.
    max_header_length = MAX_PROOF_CHARS


# RFC 7515 §4: header members that are neither understood nor critical are ignored.
_REGISTRIES = {name: _Registry(algorithms=[name], strict_check_header=False) for name in ALGORITHMS}


@dataclass(frozen=True, slots=True)
class RegistrationProof:
    """What a valid registration proof says."""

    key: PublicKey
    challenge: str
    authorization: str | None


@dataclass(frozen=True, slots=True)
class RefreshProof:
    """What a valid refresh proof says."""

    challenge: str


@dataclass(frozen=True, slots=True)
class _Unverified:
    algorithm: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]


def verify_registration_proof(
    *, proof: str, expected_algorithms: Collection[str] = ALGORITHMS, expected_audience: str
) -> RegistrationProof:
    """Verify a proof by the key that it carries itself (DBSC §8.7).

    Args:
        proof: the compact JWS.
        expected_algorithms: what the offer named.
        expected_audience: the endpoint's URL as browsers see it; checked when the proof has an `aud`.

    Returns:
        The key, the challenge that must now be checked, and the offer's authorization.

    Raises:
        ProofMalformed, KeyRefused, ProofRefused.
    """
    parsed = _parse(proof, expected_algorithms)
    jwk = parsed.header.get("jwk")
    if not isinstance(jwk, dict):
        raise ProofMalformed("A registration proof carries its public key in the JWS header (DBSC §9.1).")
    key = read_public_key(jwk, algorithm=parsed.algorithm)
    _verify_signature(proof, key)
    _check_audience(parsed.claims, expected_audience)
    return RegistrationProof(key, _challenge(parsed.claims), _text_claim(parsed.claims, "authorization"))


def verify_refresh_proof(*, proof: str, expected_key: PublicKey, expected_audience: str) -> RefreshProof:
    """Verify a proof by the session's stored key, and by no other (DBSC §8.8).

    Raises:
        ProofMalformed, ProofRefused: also where the proof brings a key of its own or another algorithm.
    """
    parsed = _parse(proof, (expected_key.algorithm,))
    # w3c/webappsec-dbsc#216: a key in a refresh proof is a way to swap keys, never a need.
    if "jwk" in parsed.header:
        raise ProofRefused("A refresh proof must not carry a key; the session's own key decides.")
    _verify_signature(proof, expected_key)
    _check_audience(parsed.claims, expected_audience)
    return RefreshProof(_challenge(parsed.claims))


def _parse(proof: str, algorithms: Collection[str]) -> _Unverified:
    if len(proof) > MAX_PROOF_CHARS:
        raise ProofMalformed(f"The proof is longer than {MAX_PROOF_CHARS} characters.")
    match = _COMPACT.fullmatch(proof)
    if match is None:
        raise ProofMalformed("The proof is not a compact JWS: three base64url parts with dots between (RFC 7515 §3.1).")
    header, claims = _json_part(match[1], "header"), _json_part(match[2], "payload")
    if header.get("typ") != TYPE:
        raise ProofRefused(f'The proof\'s "typ" must be "{TYPE}" (DBSC §9.1).')
    # RFC 7515 §4.1.11: what is critical and not understood must be refused; nothing critical is understood here.
    if "crit" in header:
        raise ProofRefused('The proof names critical header members ("crit"), and none is supported.')
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm not in ALGORITHMS:
        raise ProofRefused(f'The proof\'s "alg" must be one of: {", ".join(sorted(algorithms))}.')
    return _Unverified(algorithm, header, claims)


def _json_part(part: str, name: str) -> dict[str, Any]:
    try:
        octets = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        return strict_json.loads_object(octets, max_depth=4)
    except (binascii.Error, strict_json.StrictJSONError):
        raise ProofMalformed(f"The proof's {name} is not a base64url-encoded JSON object.") from None


def _verify_signature(proof: str, key: PublicKey) -> None:
    try:
        jws.deserialize_compact(proof, key.key, registry=_REGISTRIES[key.algorithm])
    except (JoseError, ValueError, TypeError):
        raise ProofRefused("The proof's signature does not verify with its key.") from None


def _check_audience(claims: Mapping[str, Any], expected: str) -> None:
    # Chromium adds `aud` only behind a feature that is off by default; requiring it breaks every shipped browser.
    if "aud" not in claims:
        return
    audience = claims["aud"]
    if audience != expected and not (isinstance(audience, list) and expected in audience):
        raise ProofRefused('The proof\'s "aud" names another endpoint.')


def _challenge(claims: Mapping[str, Any]) -> str:
    challenge = _text_claim(claims, "jti")
    if not challenge:
        raise ProofMalformed('The proof has no "jti" with the challenge (DBSC §9.1).')
    return challenge


def _text_claim(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MAX_CLAIM_CHARS:
        raise ProofMalformed(f'The proof\'s "{name}" is not a string of at most {MAX_CLAIM_CHARS} characters.')
    return value
