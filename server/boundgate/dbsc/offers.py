"""Offers to register a session: the header `Secure-Session-Registration` (DBSC §8.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from boundgate.dbsc.errors import ConfigurationError
from boundgate.dbsc.federation import Voucher
from boundgate.dbsc.headers import sf_string
from boundgate.dbsc.problems import problem
from boundgate.jose.jwk import ALGORITHMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One member of the header; a browser makes one key and one session for each that it accepts.

    Args:
        path: the registration endpoint: a path, or an absolute URL of the same site.
        challenge: comes back in the proof's `jti`. Without one, and without `authorization`, Chromium registers a
            session with no key at all.
        authorization: comes back in the proof, and tells whose registration it is where no cookie can.
        algorithms: what the server takes, the preferred one first.
        voucher: makes it a federated registration.

    Raises:
        ConfigurationError: Chromium would ignore it, or register a session without key.
    """

    path: str
    # One-time values, so their text shows in no log.
    challenge: str = field(repr=False)
    authorization: str | None = field(default=None, repr=False)
    algorithms: Sequence[str] = ALGORITHMS
    voucher: Voucher | None = None
    value: str = field(init=False, repr=False, compare=False)
    """The member as text."""

    def __post_init__(self) -> None:
        if not self.algorithms or not set(self.algorithms) <= set(ALGORITHMS):
            raise ConfigurationError([problem("offer_algorithms", "algorithms")])
        if not self.path:
            raise ConfigurationError([problem("offer_without_path", "path")])
        if not self.challenge:
            raise ConfigurationError([problem("offer_without_challenge", "challenge")])
        try:
            object.__setattr__(self, "value", self._text())
        except ValueError:
            raise ConfigurationError([problem("offer_not_ascii", "the offer")]) from None

    def _text(self) -> str:
        text = f"({' '.join(self.algorithms)});path={sf_string(self.path)};challenge={sf_string(self.challenge)}"
        if self.authorization is not None:
            text += f";authorization={sf_string(self.authorization)}"
        if self.voucher is not None:
            text += (
                f";provider_key={sf_string(self.voucher.key_thumbprint)}"
                f";provider_session_id={sf_string(self.voucher.session_id)}"
                f";provider_url={sf_string(self.voucher.provider_url)}"
            )
        return text


def registration_offers(*offers: Offer) -> str:
    """The header's value for these offers; a browser acts on each of them, so one is nearly always enough."""
    return ", ".join(offer.value for offer in offers)


def registration_offer(
    *, algorithms: Sequence[str], path: str, challenge: str, authorization: str | None = None
) -> str:
    """The header's value for one offer; see `Offer`. Raises ConfigurationError."""
    return Offer(algorithms=algorithms, path=path, challenge=challenge, authorization=authorization).value
