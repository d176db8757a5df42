"""What this domain needs from outside."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from boundgate.attestation.model import Attestation, Holder, KnownTpm


class Macs(Protocol):
    """Keyed hashing with rotation; the key never leaves it."""

    def sign(self, purpose: bytes, message: bytes) -> tuple[str, bytes]:
        """The key's id (8 ASCII characters) and a 32-octet tag."""

    def verify(self, purpose: bytes, kid: str, message: bytes, tag: bytes) -> bool:
        """Constant-time check of a tag of 16 to 32 octets; False for an unknown or retired key."""


class Nonces(Protocol):
    """One-time challenges that nobody has to store until they are used."""

    def issue(self, *, purpose: str, context: str) -> str:
        """A fresh one for this purpose and context: ASCII, URL-safe. Stores nothing."""

    def check(self, challenge: str, *, purpose: str, context: str, max_age_seconds: float) -> object | None:
        """None unless it was issued for this purpose and context, lately. Uses nothing up."""

    async def redeem(self, challenge: str, *, purpose: str, context: str, max_age_seconds: float) -> bool:
        """The same, and True exactly once."""


class Notices(Protocol):
    """Tells users at their next visit."""

    async def tell(self, user_id: str, text: str) -> None: ...


class Standing(StrEnum):
    """What a verified attestation is worth."""

    ATTESTED = "attested"
    """The user knows this endorsement key."""
    WAITS = "waits"
    """The endorsement key is new for the user."""
    WAITED = "waited"
    """The same, and another attestation has waited for it before."""
    GONE = "gone"
    """No token family of this user, client and key is left. Nothing was stored."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a verified attestation, and the families whose provenance it raised."""

    standing: Standing
    families: tuple[str, ...] = ()


class AttestationStore(Protocol):
    """Durable attestations, one for each user, client and key, and the endorsement keys that users have accepted.

    A key is attested where both are there. Each method is one transaction, and those of one user come one after the
    other: an acceptance that comes in beside an attestation either sees it or is seen.
    """

    async def record(self, attestation: Attestation, *, waiting: str) -> Recorded:
        """Store it in place of an earlier one, and raise the provenance of the living families of that key if due.

        Args:
            waiting: where it is not due, the families' reason for not being attested.
        """

    async def refuse(self, holder: Holder, *, reason: str) -> None:
        """Note in the key's living families why it is not attested. Changes nothing where it is."""

    async def waiting(self, user_id: str) -> list[Attestation]:
        """Attestations of keys with a living family, in a TPM that the user has not accepted; newest first."""

    async def accept(self, user_id: str, ek_fingerprint: str, *, at: float) -> tuple[str, ...] | None:
        """Note the endorsement key as the user's, and raise the living families of every key that waited for it.

        Returns:
            The families; None, and nothing changed, where no attestation of a living family waited.
        """

    async def known(self, user_id: str) -> list[KnownTpm]:
        """Endorsement keys that the user has accepted, in that order."""

    async def forget(self, user_id: str, ek_fingerprint: str) -> bool:
        """Forget an endorsement key and what it attested: keys that come from now on take a new touch.

        What living families have been given stays: ending them is another decision. False where nothing was known.
        """

    async def forget_all(self, user_id: str) -> None:
        """The same for every endorsement key of the user: after a recovery nobody knows who accepted what."""

    async def prune(self, *, before: float) -> None:
        """Forget older attestations of keys of which no token family is on record any more."""
