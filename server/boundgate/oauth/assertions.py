"""`private_key_jwt`: a client proves who it is with a JWT that its registered key has signed (RFC 7523 §2.2, §3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from boundgate.jose.compact import Compact, read_compact
from boundgate.jose.errors import JoseError
from boundgate.jose.es256 import verify_es256
from boundgate.jose.jwk import load_public_key
from boundgate.jose.jwt import numeric_date
from boundgate.oauth.errors import InvalidClient

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("ES256",)
MAX_JTI_CHARS = 256
_TYPES = frozenset({None, "jwt", "client-authentication+jwt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedAssertion:
    """What a verified assertion tells; whether it was used before is for the caller to find out."""

    client_id: str
    jti: str
    expires_at: float


def claimed_client(assertion: str) -> str:
    """Whose assertion it says it is, so that the keys can be found. Nothing of it is to be believed yet.

    Raises:
        InvalidClient: it cannot be read.
    """
    subject = _read(assertion).claims.get("sub")
    if not isinstance(subject, str):
        raise _refused('The client assertion needs "sub", the client\'s id (RFC 7523 §3).')
    return subject


def verify_assertion(
    *,
    assertion: str,
    keys: Iterable[str],
    expected_client: str,
    expected_audiences: Collection[str],
    now: float,
    skew_seconds: float,
    longest_seconds: float,
) -> VerifiedAssertion:
    """Verify a client assertion by one of the client's registered keys.

    Args:
        keys: canonical JWKs.
        expected_audiences: each value of `aud` must be one of these.
        longest_seconds: how far ahead `exp` may lie.

    Raises:
        InvalidClient
    """
    parsed = _read(assertion)
    kind = parsed.header.get("typ")
    if (kind.lower().removeprefix("application/") if isinstance(kind, str) else kind) not in _TYPES:
        raise _refused('The client assertion\'s "typ" is not "JWT".')
    # RFC 8725 §3.1: the algorithm is what we expect; `none` and MACs are no signature of a registered key.
    if parsed.header.get("alg") not in ALGORITHMS:
        raise _refused("The client assertion must be signed with ES256.")
    # RFC 7515 §4.1.11: nothing critical is understood here.
    if "crit" in parsed.header:
        raise _refused('The client assertion names critical header members ("crit"), and none is supported.')
    if not any(_verifies(parsed, jwk) for jwk in keys):
        raise _refused("The client assertion is not signed by a key that is registered for the client.")
    return _checked(
        parsed.claims,
        expected_client=expected_client,
        expected_audiences=expected_audiences,
        now=now,
        skew_seconds=skew_seconds,
        longest_seconds=longest_seconds,
    )


def _checked(
    claims: Mapping[str, Any],
    *,
    expected_client: str,
    expected_audiences: Collection[str],
    now: float,
    skew_seconds: float,
    longest_seconds: float,
) -> VerifiedAssertion:
    # RFC 7523 §3 (1), (2): for client authentication both are the client's id.
    if claims.get("iss") != expected_client or claims.get("sub") != expected_client:
        raise _refused('"iss" and "sub" of the client assertion must both be the client\'s id (RFC 7523 §3).')
    # §3 (3): an assertion that is meant for others as well could be replayed by them.
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not audiences or not all(isinstance(one, str) and one in expected_audiences for one in audiences):
        raise _refused('"aud" of the client assertion must be this server\'s issuer (RFC 7523 §3).')
    # §3 (4): `exp` is required, and limits how long its use has to be remembered.
    expires_at = numeric_date(claims.get("exp"))
    if expires_at is None or expires_at + skew_seconds <= now:
        raise _refused('"exp" of the client assertion is missing or over (RFC 7523 §3).')
    if expires_at > now + longest_seconds + skew_seconds:
        raise _refused(f'"exp" of the client assertion may lie {longest_seconds:.0f} seconds ahead at most.')
    # §3 (5), (6)
    for name in ("nbf", "iat"):
        at = numeric_date(claims.get(name))
        if name in claims and (at is None or at > now + skew_seconds):
            raise _refused(f'"{name}" of the client assertion lies in the future. Set the client\'s clock.')
    # §3 (7): without it a replay could not be told from a second request.
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI_CHARS:
        raise _refused('The client assertion needs a "jti" of 1 to 256 characters.')
    return VerifiedAssertion(client_id=expected_client, jti=jti, expires_at=expires_at + skew_seconds)


def _read(assertion: str) -> Compact:
    try:
        return read_compact(assertion)
    except JoseError:
        raise _refused("The client assertion is not a compact JWT.") from None


def _verifies(parsed: Compact, jwk: str) -> bool:
    key = load_public_key(jwk, algorithm="ES256")
    return verify_es256(key.ec_key, message=parsed.signing_input, signature=parsed.signature)


def _refused(detail: str) -> InvalidClient:
    return InvalidClient(detail, param="client_assertion")
