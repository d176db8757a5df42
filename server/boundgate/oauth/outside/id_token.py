"""Verify an ID token (OpenID Connect Core 1.0 §3.1.3.7). The signature is joserfc's to check, the claims are ours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from hmac import compare_digest
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from boundgate import strict_json
from boundgate.jose import base64url
from boundgate.jose.jwt import numeric_date
from boundgate.oauth.outside.errors import OutsideUnacceptable
from boundgate.oauth.outside.metadata import ProviderKey
from boundgate.oauth.outside.model import LIFE_SECONDS

MAX_CHARS = 32_768
SUBJECT_MAX_CHARS = 255
_TYPES = frozenset({None, "jwt"})
_KEY_TYPES = {"ES256": "EC", "ES384": "EC", "RS256": "RSA", "PS256": "RSA", "EdDSA": "OKP"}
_CURVES = {"ES256": "P-256", "ES384": "P-384", "EdDSA": "Ed25519"}


def key_id_of(token: str) -> str | None:
    """The `kid` that a token names, so that its key can be fetched. Nothing of it is to be believed yet.

    Raises:
        OutsideUnacceptable: it is no JWS.
    """
    kid = _header(token).get("kid")
    return kid if isinstance(kid, str) else None


def verify_id_token(
    token: str,
    *,
    keys: Iterable[ProviderKey],
    algorithms: Collection[str],
    expected_issuer: str,
    expected_audience: str,
    expected_nonce: str,
    now: float,
    skew_seconds: float,
) -> str:
    """Verify an ID token that came straight from the token endpoint. Returns its subject.

    Args:
        keys: the provider's.
        algorithms: those that may have signed it; none of them a MAC.
        expected_audience: our client id at this provider.

    Raises:
        OutsideUnacceptable
    """
    header = _header(token)
    algorithm = header.get("alg")
    # 7, RFC 8725 §3.1: what the provider has announced, out of our own list.
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise _refused("is signed with an algorithm that is not accepted here")
    # RFC 7515 §4.1.11: nothing critical is understood here. RFC 8725 §3.11: no token of another kind is one.
    kind = header.get("typ")
    if "crit" in header or (kind.lower() if isinstance(kind, str) else kind) not in _TYPES:
        raise _refused("is of another kind")
    # 6: also where it came over TLS, for whoever ends that may not be the provider.
    payload = _payload(token, algorithm, header.get("kid"), keys)
    if payload is None:
        raise _refused("is not signed by a key of its issuer")
    return _checked(
        _object(payload),
        expected_issuer=expected_issuer,
        expected_audience=expected_audience,
        expected_nonce=expected_nonce,
        now=now,
        skew_seconds=skew_seconds,
    )


def _checked(
    claims: Mapping[str, Any],
    *,
    expected_issuer: str,
    expected_audience: str,
    expected_nonce: str,
    now: float,
    skew_seconds: float,
) -> str:
    # Number 2 of the list.
    if claims.get("iss") != expected_issuer:
        raise _refused("was issued by somebody else")
    # 3: for us, and for nobody whom we do not trust, which is everybody else.
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not audiences or any(one != expected_audience for one in audiences):
        raise _refused("is not for this server alone")
    # 4 and 5.
    if claims.get("azp", expected_audience) != expected_audience:
        raise _refused("was issued to another client")
    # 9 and 10: made for this very sign-in, which is at most so old.
    expires_at, issued_at = numeric_date(claims.get("exp")), numeric_date(claims.get("iat"))
    if expires_at is None or expires_at + skew_seconds <= now:
        raise _refused("has expired")
    if issued_at is None or not now - LIFE_SECONDS - skew_seconds <= issued_at <= now + skew_seconds:
        raise _refused("was not issued just now")
    not_before = numeric_date(claims.get("nbf", issued_at))
    if not_before is None or not_before > now + skew_seconds:
        raise _refused("is not valid yet")
    # 11: it answers the request that this browser made.
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not compare_digest(nonce.encode("utf-8"), expected_nonce.encode("utf-8")):
        raise _refused("was made for another sign-in")
    return _subject(claims.get("sub"))


def _subject(subject: object) -> str:
    # §2: at most 255 ASCII characters. It is shown on a page and told apart by eye, so nothing invisible.
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_MAX_CHARS:
        raise _refused("names nobody")
    if not subject.isascii() or not subject.isprintable():
        raise _refused("names somebody with characters that no subject may have")
    return subject


def _payload(token: str, algorithm: str, kid: object, keys: Iterable[ProviderKey]) -> bytes | None:
    for candidate in keys:
        if kid is not None and candidate.kid != kid:
            continue
        # RFC 8725 §3.1: a key is used with its own algorithm.
        if candidate.algorithm not in (None, algorithm) or not _fits(candidate, algorithm):
            continue
        try:
            return jws.deserialize_compact(token, candidate.key, algorithms=[algorithm]).payload
        except (JoseError, ValueError):
            continue
    return None


def _fits(candidate: ProviderKey, algorithm: str) -> bool:
    curve = candidate.key.as_dict(private=False).get("crv")
    return candidate.key.key_type == _KEY_TYPES.get(algorithm) and curve == _CURVES.get(algorithm)


def _header(token: str) -> dict[str, Any]:
    parts = token.split(".") if len(token) <= MAX_CHARS else []
    octets = base64url.decode(parts[0]) if len(parts) == 3 else None
    if octets is None:
        raise _refused("cannot be read")
    return _object(octets)


def _object(octets: bytes) -> dict[str, Any]:
    try:
        return strict_json.loads_object(octets, max_depth=16)
    except strict_json.StrictJSONError:
        raise _refused("cannot be read") from None


def _refused(why: str) -> OutsideUnacceptable:
    return OutsideUnacceptable(
        f"The sign-in provider's answer is not believed: its ID token {why}. Begin again; if that does not help, tell "
        "your operator."
    )
