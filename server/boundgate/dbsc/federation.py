"""Federated registration: a session of one site on the key of another site's session (DBSC §8.10; Chromium 145+).

The provider vouches for the key of a session of its own; the relying party offers a registration with that voucher and
accepts only that very key. The browser asks both sites' well-known documents whether they know of each other
(`well_known.py`), and finds the provider's session itself: nothing secret passes between the two servers.
"""

from __future__ import annotations

from dataclasses import dataclass

from boundgate.dbsc.errors import ConfigurationError, KeyNotVouched
from boundgate.dbsc.hosts import Origin, read_origin
from boundgate.dbsc.problems import problem
from boundgate.jose import base64url
from boundgate.jose.jwk import PublicKey

_THUMBPRINT_OCTETS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """What the provider tells the relying party, over any channel that both trust: all three members or nothing.

    Args:
        key_thumbprint: RFC 7638 SHA-256 thumbprint of the session's key, base64url without padding.
        session_id: the provider's identifier of its session.
        provider_url: any https URL of that session's origin.

    Raises:
        ConfigurationError: Chromium would not register with it.
    """

    key_thumbprint: str
    session_id: str
    provider_url: str

    def __post_init__(self) -> None:
        digest = base64url.decode(self.key_thumbprint)
        if digest is None or len(digest) != _THUMBPRINT_OCTETS:
            raise ConfigurationError([problem("FederatedKeyThumbprintMismatch", "provider_key")])
        if not self.session_id:
            raise ConfigurationError([problem("InvalidFederatedSessionProviderSessionMissing", "provider_session_id")])
        origin = read_origin(self.provider_url)
        if origin is None or origin.scheme != "https":
            raise ConfigurationError([problem("offer_provider_url", "provider_url")])

    @property
    def provider_origin(self) -> str:
        """For the relying party's well-known document: the origin, exactly as browsers write it."""
        origin = read_origin(self.provider_url)
        return str(origin) if isinstance(origin, Origin) else ""


def vouch(key: PublicKey, *, session_id: str, provider_url: str) -> Voucher:
    """The provider's side: a voucher for the key of one of its sessions.

    Raises:
        ConfigurationError: a `provider_url` that no browser would take.
    """
    return Voucher(key_thumbprint=key.thumbprint, session_id=session_id, provider_url=provider_url)


def accept_only(key: PublicKey, *, expected_thumbprint: str) -> PublicKey:
    """The relying party's side, after `verify_registration_proof`: the key if it is the vouched one.

    Browsers check it too, but whoever posts a proof need not be one.

    Raises:
        KeyNotVouched
    """
    if key.thumbprint != expected_thumbprint:
        raise KeyNotVouched("The proof's key is not the one that the provider vouched for.")
    return key
