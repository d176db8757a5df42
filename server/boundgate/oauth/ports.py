"""What this domain needs from storage and from its neighbours. One contract suite tests every store.

`None` means "no such record" and nothing else: unreadable state raises `StorageUnavailable`. Secrets come in hashed
(`hash_value`), and no record holds anything that could be presented.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from boundgate.oauth.model import (
    Client,
    Code,
    Consent,
    Family,
    FamilyEnd,
    FamilyProof,
    OutsideLink,
    Pushed,
    RefreshToken,
    RefreshView,
)
from boundgate.terms import Provenance


class ClientStore(Protocol):
    """Durable registrations."""

    async def client(self, client_id: str) -> Client | None: ...

    async def clients(self) -> list[Client]:
        """Everybody's, in the order of creation."""

    async def clients_of(self, owner_id: str) -> list[Client]:
        """One user's own, in the order of creation."""

    async def add_client(self, client: Client, *, limit: int | None = None) -> bool:
        """False, and nothing changed, where the id is taken or its owner has `limit` clients already."""

    async def publish_client(self, client_id: str, *, published: bool, now: float) -> list[str] | None:
        """Let everybody use a client, or its owner alone: then what others have of it ends, in one transaction.

        Returns the ids of the families that this call ended, or None where there is no such client.
        """

    async def remove_client(self, client_id: str, *, now: float) -> list[str] | None:
        """Forget the client, its requests, codes and consents, and end its families, in one transaction.

        Returns the ids of the families that this call ended, or None where there is no such client.
        """


class RequestStore(Protocol):
    """Parameters that wait for their one use."""

    async def put_pushed(self, pushed: Pushed, *, now: float, limit: int) -> bool:
        """Store parameters, and forget those that have expired. False, and nothing stored, where `limit` are waiting:
        about so many, for several callers may store the last one at once."""

    async def pushed(self, uri_hash: bytes, *, now: float) -> Pushed | None:
        """The unexpired parameters, left for whoever takes them."""

    async def take_pushed(self, uri_hash: bytes, *, now: float) -> Pushed | None:
        """The unexpired parameters, to exactly one caller."""


class CodeOutcome(StrEnum):
    """What became of an attempt to use a code."""

    REDEEMED = "redeemed"
    USED = "used"
    """It had been used: the family that came of it is over (ended now or before)."""
    UNKNOWN = "unknown"
    """No such code, or too late. Nothing was changed."""


class RotationOutcome(StrEnum):
    """What became of an attempt to use a refresh token."""

    ROTATED = "rotated"
    """The given successor is now the family's only live token."""
    AGAIN = "again"
    """It was used within the window, and its successor was not: the given successor is the only live token, either
    because it is the same as before or because it took its place."""
    PASSED_ON = "passed_on"
    """It was used within the window, and its successor as well. Nothing was changed."""
    REUSED = "reused"
    """It was used longer ago, or replaced: the family is over (ended now or before)."""
    ENDED = "ended"
    """The family was over. Nothing was changed."""
    UNKNOWN = "unknown"
    """No such token, or expired. Nothing was changed."""


class GrantStore(Protocol):
    """Durable codes, families and refresh tokens. Each method is one transaction."""

    async def put_code(self, code: Code) -> bool:
        """False, and nothing changed, where the user or the client is gone."""

    async def code(self, code_hash: bytes) -> Code | None:
        """The code, used or not, expired or not."""

    async def redeem_code(
        self, code_hash: bytes, family: Family, refresh: RefreshToken | None, *, now: float
    ) -> CodeOutcome:
        """Use the code and begin its family, with its first refresh token.

        Of any number of callers at most one gets `REDEEMED`. `family.id` must be the code's.
        """

    async def service_family(self, family: Family) -> Family | None:
        """The living family without a user of this client and key, or else this one, stored. Of several callers at
        once all get the same. None where the client is gone."""

    async def family(self, family_id: str) -> Family | None:
        """The family, ended or not."""

    async def refresh_token(self, token_hash: bytes) -> RefreshView | None:
        """The token, used or not, expired or not, with its family, ended or not."""

    async def rotate(
        self, token_hash: bytes, successor: RefreshToken, *, now: float, again_seconds: float
    ) -> RotationOutcome:
        """Use a refresh token whose family's key has been proved.

        Two live tokens of one family never exist, however many callers there are, and a family is ended only by a
        token that was used or replaced more than `again_seconds` ago. `successor.family_id` must be the token's. Of
        a chain that grows faster than anybody needs, the oldest used tokens may be forgotten: they are then unknown.
        """

    async def record_proofs(self, proofs: Sequence[FamilyProof]) -> None:
        """Advance `last_proof_at`; never back, and never of an ended family."""

    async def set_provenance(
        self, *, user_id: str | None, client_id: str, jkt: str, provenance: Provenance, attestation: str | None
    ) -> list[str]:
        """Record what is known about a key in its living families. Returns their ids."""

    async def end(self, family_ids: Collection[str], *, now: float, reason: FamilyEnd) -> list[str]:
        """End families. Durable before it returns. Returns the ids that this call ended."""

    async def end_user(self, user_id: str, *, now: float, reason: FamilyEnd) -> list[str]:
        """End every family of a user; codes of theirs can no longer be used."""

    async def live(self, user_id: str, *, now: float, since_proof: float) -> list[Family]:
        """A user's families that have not ended and that have a live refresh token or a proof since then.

        Newest first.
        """

    async def prune(self, *, now: float, before: float) -> int:
        """Forget what is over: requests and codes that expired, families that ended or fell silent before `before`.

        Returns how many families.
        """


class AssertionStore(Protocol):
    """Remembers client assertions until they expire. Durable: a restart must not make a recorded one good again."""

    async def first_use(self, assertion_hash: bytes, *, expires_at: float) -> bool:
        """True for exactly one caller."""


class ConsentStore(Protocol):
    """What users have allowed before."""

    async def consents_of(self, user_id: str) -> list[Consent]:
        """Newest first."""

    async def consent(self, user_id: str, client_id: str) -> Consent | None: ...

    async def record_consent(self, consent: Consent) -> None:
        """The scopes are those of the newest decision together with earlier ones."""

    async def forget_consent(self, user_id: str, client_id: str) -> bool: ...


class OutsideLinkStore(Protocol):
    """Accounts elsewhere that only identify."""

    async def outside_link(self, issuer: str, subject: str) -> OutsideLink | None: ...

    async def outside_links_of(self, user_id: str) -> list[OutsideLink]:
        """In the order of linking."""

    async def add_outside_link(self, link: OutsideLink) -> bool:
        """False, and nothing changed, where that account is linked already, whoever to."""

    async def remove_outside_link(self, user_id: str, issuer: str, subject: str) -> bool: ...


class RecordStore(ClientStore, RequestStore, AssertionStore, ConsentStore, OutsideLinkStore, Protocol):
    """All but codes and families: one object implements them together."""


class Macs(Protocol):
    """Keyed hashing with rotation; the key never leaves it."""

    def sign(self, purpose: bytes, message: bytes) -> tuple[str, bytes]:
        """Returns the key's id and a 32-octet tag."""


class SigningKey(Protocol):
    """An ES256 key."""

    @property
    def kid(self) -> str: ...

    @property
    def pem(self) -> str:
        """PKCS8, not encrypted."""


class SigningKeys(Protocol):
    """The keys of tokens as they are now: the first signs, the others still verify."""

    @property
    def signing_keys(self) -> Sequence[SigningKey]: ...


@dataclass(frozen=True, slots=True)
class KeyStanding:
    """What is known about where a key lives, and why it is not better."""

    provenance: Provenance
    attestation: str | None


class Attestations(Protocol):
    """What key attestation has established."""

    async def standing(self, *, user_id: str | None, client_id: str, jkt: str) -> KeyStanding: ...


class People(Protocol):
    """Names of users, for `id_token` and `userinfo`."""

    async def name_of(self, user_id: str) -> str | None:
        """None where there is no such user any more."""


Parameters = Mapping[str, str]
"""Decoded parameters, each present once (RFC 6749 §3.1, §3.2)."""
