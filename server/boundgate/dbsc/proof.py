"""The DBSC proof, a compact JWS (DBSC §9.1; RFC 7515), parsed and verified.

Chromium 156 sends `{"alg","typ":"dbsc+jwt"[,"jwk"]}` and `{"jti"[,"authorization"][,"aud"]}`: no time, no issuer, no
session. Freshness comes from the challenge in `jti` alone, so whoever calls these functions must redeem it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from boundgate.dbsc import leniency
from boundgate.dbsc.errors import ProofMalformed, ProofRefused
from boundgate.dbsc.keys import read_proof_parts, read_public_key
from boundgate.dbsc.leniency import LENIENT, Leniencies
from boundgate.jose.compact import Compact
from boundgate.jose.jwk import ALGORITHMS, PublicKey

TYPE = "dbsc+jwt"
ATTESTED_TYPE = "dbsc+aik"
MAX_CLAIM_CHARS = 1024
_PLAIN_HEADER = frozenset({"alg", "typ", "jwk"})
_KEY_CLAIMS = frozenset({"key", "jwk"})

# RFC 7515 §4: header members that are neither understood nor critical are ignored.
_REGISTRIES = {name: jws.JWSRegistry(algorithms=[name], strict_check_header=False) for name in ALGORITHMS}
_VERIFIERS = {name: registry.get_alg(name) for name, registry in _REGISTRIES.items()}


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


def verify_registration_proof(
    *,
    proof: str,
    expected_algorithms: Collection[str] = ALGORITHMS,
    expected_audience: str,
    leniencies: Leniencies = LENIENT,
) -> RegistrationProof:
    """Verify a proof by the key that it carries itself (DBSC §8.7).

    Args:
        proof: the compact JWS.
        expected_algorithms: what the offer named.
        expected_audience: the endpoint's URL as browsers see it; checked when the proof has an `aud`.
        leniencies: which older shapes are taken.

    Returns:
        The key, the challenge that must now be checked, and the offer's authorization.

    Raises:
        ProofMalformed, KeyRefused, ProofRefused.
    """
    parsed = read_proof_parts(proof)
    algorithm = _algorithm(parsed.header, expected_algorithms, leniencies)
    jwk = parsed.header.get("jwk")
    if "jwk" not in parsed.header and leniencies.key_in_payload:
        jwk = leniency.key_in_payload(parsed.claims)
    if not isinstance(jwk, dict):
        raise ProofMalformed("A registration proof carries its public key in the JWS header (DBSC §9.1).")
    key = read_public_key(jwk, algorithm=algorithm)
    _verify_signature(parsed, key)
    _check_claims(parsed.claims, expected_audience, leniencies)
    return RegistrationProof(key, _challenge(parsed.claims), _text_claim(parsed.claims, "authorization"))


def verify_refresh_proof(
    *, proof: str, expected_key: PublicKey, expected_audience: str, leniencies: Leniencies = LENIENT
) -> RefreshProof:
    """Verify a proof by the session's stored key, and by no other (DBSC §8.8).

    Raises:
        ProofMalformed, ProofRefused: also where the proof brings a key of its own or another algorithm.
    """
    parsed = read_proof_parts(proof)
    _algorithm(parsed.header, (expected_key.algorithm,), leniencies)
    # w3c/webappsec-dbsc#216: a key in a refresh proof is a way to swap keys, never a need.
    if "jwk" in parsed.header or not _KEY_CLAIMS.isdisjoint(parsed.claims):
        raise ProofRefused("A refresh proof must not carry a key; the session's own key decides.")
    _verify_signature(parsed, expected_key)
    _check_claims(parsed.claims, expected_audience, leniencies)
    return RefreshProof(_challenge(parsed.claims))


def _algorithm(header: Mapping[str, Any], expected: Collection[str], leniencies: Leniencies) -> str:
    """The algorithm of a header that is a proof's in every other respect."""
    kind = header.get("typ")
    if kind != TYPE and not (leniencies.old_type and leniency.is_old_type(kind)):
        if kind == ATTESTED_TYPE:
            raise ProofRefused("The proof is wrapped in an attestation, which this server does not ask for.")
        raise ProofRefused(f'The proof\'s "typ" must be "{TYPE}" (DBSC §9.1).')
    # RFC 7515 §4.1.11: what is critical and not understood must be refused; nothing critical is understood here.
    if "crit" in header:
        raise ProofRefused('The proof names critical header members ("crit"), and none is supported.')
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in expected or algorithm not in ALGORITHMS:
        raise ProofRefused(f'The proof\'s "alg" must be one of: {", ".join(sorted(expected))}.')
    if not _PLAIN_HEADER.issuperset(header):
        _check_registered_members(header, algorithm)
    return algorithm


def _check_registered_members(header: Mapping[str, Any], algorithm: str) -> None:
    try:
        _REGISTRIES[algorithm].check_header(dict(header))
    except (JoseError, ValueError, TypeError):
        raise ProofRefused("A registered member of the proof's header has a value of a wrong type.") from None


def _verify_signature(parsed: Compact, key: PublicKey) -> None:
    verifier = _VERIFIERS[key.algorithm]
    try:
        verified = parsed.signature is not None and verifier.verify(parsed.signing_input, parsed.signature, key.key)
    except (JoseError, ValueError, TypeError):
        verified = False
    if not verified:
        raise ProofRefused("The proof's signature does not verify with its key.")


def _check_claims(claims: Mapping[str, Any], expected_audience: str, leniencies: Leniencies) -> None:
    if not leniencies.old_claims and leniency.has_old_claims(claims):
        raise ProofRefused("The proof has claims of drafts before September 2025, which this server does not take.")
    # Chromium adds `aud` only behind a feature that is off by default; requiring it breaks every shipped browser.
    if "aud" not in claims:
        return
    audience = claims["aud"]
    listed = leniencies.audience_list and leniency.is_in_list(expected_audience, audience)
    if audience != expected_audience and not listed:
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
