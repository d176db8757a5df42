"""What a provider publishes: its metadata (OpenID Connect Discovery 1.0 §3, §4.3) and its keys (RFC 7517)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from boundgate import strict_json
from boundgate.oauth.outside.errors import OutsideUnacceptable

DOCUMENT_MAX_BYTES = 262_144
ALGORITHMS = ("ES256", "RS256", "PS256", "ES384", "EdDSA")
"""Of ID tokens. No `none`, and no MAC: its key would be the client's secret (RFC 8725 §3.1, §3.5)."""
RSA_MIN_BITS = 2048
KEYS_AT_MOST = 64
_KINDS: dict[str, type[ECKey | RSAKey | OKPKey]] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}
_BASIC, _POST, _NONE = "client_secret_basic", "client_secret_post", "none"

PublicKey = ECKey | RSAKey | OKPKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMetadata:
    """What a sign-in needs to know of a provider."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    algorithms: tuple[str, ...]
    """Those of `ALGORITHMS` that it signs ID tokens with."""
    secret_method: str
    """How a client with a secret authenticates (OpenID Connect Core §9)."""
    names_itself: bool
    """Whether each of its answers has `iss` (RFC 9207 §3)."""
    binds_tokens: bool
    """Whether it takes DPoP proofs with ES256 (RFC 9449 §5.1)."""


@dataclass(frozen=True, slots=True)
class ProviderKey:
    """One public key, and what its owner says about it."""

    kid: str | None
    algorithm: str | None
    key: PublicKey


def read_metadata(octets: bytes, *, expected_issuer: str) -> ProviderMetadata:
    """Read a provider's metadata.

    Raises:
        OutsideUnacceptable: it is not the metadata of this issuer, or the provider lacks what is needed here.
    """
    document = _object(octets, "metadata")
    # Discovery §4.3, RFC 8414 §3.3: otherwise it may be somebody else's, put here to mix the two up.
    if document.get("issuer") != expected_issuer:
        raise _unacceptable("its metadata is that of another issuer")
    if "code" not in _texts(document, "response_types_supported", ["code"]):
        raise _unacceptable("it does not offer the authorization code flow")
    # RFC 9700 §2.1.1; a provider that says nothing passes over what it does not know (RFC 6749 §3.1).
    if "S256" not in _texts(document, "code_challenge_methods_supported", ["S256"]):
        raise _unacceptable("it does not offer PKCE with S256")
    signs = _texts(document, "id_token_signing_alg_values_supported", ["RS256"])
    algorithms = tuple(name for name in ALGORITHMS if name in signs)
    if not algorithms:
        raise _unacceptable("it signs ID tokens with no algorithm that is accepted here")
    # Discovery §3: without the member it is client_secret_basic.
    methods = _texts(document, "token_endpoint_auth_methods_supported", [_BASIC])
    return ProviderMetadata(
        issuer=expected_issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint"),
        token_endpoint=_endpoint(document, "token_endpoint"),
        jwks_uri=_endpoint(document, "jwks_uri"),
        algorithms=algorithms,
        secret_method=_POST if _POST in methods and _BASIC not in methods else _BASIC,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        binds_tokens="ES256" in _texts(document, "dpop_signing_alg_values_supported", []),
    )


def read_keys(octets: bytes) -> tuple[ProviderKey, ...]:
    """Read a JWK Set. Keys that are of no use here are passed over (RFC 7517 §5).

    Raises:
        OutsideUnacceptable: it is none.
    """
    entries = _object(octets, "key set").get("keys")
    if not isinstance(entries, list):
        raise _unacceptable("its key set cannot be read")
    return tuple(_usable(entries[:KEYS_AT_MOST]))


def _usable(entries: Iterable[Any]) -> Iterable[ProviderKey]:
    for entry in entries:
        kind = _KINDS.get(str(entry.get("kty"))) if isinstance(entry, dict) else None
        # RFC 7517 §4.2: a key for encryption verifies nothing.
        if kind is None or entry.get("use", "sig") != "sig":
            continue
        try:
            key = kind.import_key({name: value for name, value in entry.items() if name not in {"use", "key_ops"}})
            small = isinstance(key, RSAKey) and key.public_key.key_size < RSA_MIN_BITS
        # The package lets through what its parsers raise: binascii.Error, TypeError and so on.
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
        # RFC 7517 §9.2: whoever publishes a private half has no secret.
        if not small and not key.is_private:
            yield ProviderKey(_text(entry.get("kid")), _text(entry.get("alg")), key)


def _object(octets: bytes, what: str) -> dict[str, Any]:
    try:
        return strict_json.loads_object(octets, max_depth=16)
    except strict_json.StrictJSONError:
        raise _unacceptable(f"its {what} cannot be read") from None


def _endpoint(document: dict[str, Any], name: str) -> str:
    url = document.get(name)
    if not is_https_url(url):
        raise _unacceptable(f"its {name} is not an https address")
    return str(url)


def is_https_url(url: object) -> bool:
    """Whether it is text that names a place behind TLS: printable ASCII, no user name, no fragment."""
    if not isinstance(url, str) or len(url) > 2048 or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and "#" not in url


def _texts(document: dict[str, Any], name: str, absent: list[str]) -> list[str]:
    value = document.get(name, absent)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _unacceptable(why: str) -> OutsideUnacceptable:
    return OutsideUnacceptable(f"The sign-in provider cannot be used: {why}. Tell your operator.")
