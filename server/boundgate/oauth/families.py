"""Families of tokens: how they begin, how their refresh tokens follow each other, and how they end."""

from __future__ import annotations

from collections.abc import Callable, Collection

from boundgate.clock import Clock, RandomBytes, new_token
from boundgate.jose import base64url
from boundgate.oauth.hashes import hash_value
from boundgate.oauth.model import Code, Family, FamilyEnd, RefreshToken, Scope
from boundgate.oauth.ports import Attestations, GrantStore, KeyStanding, Macs
from boundgate.oauth.rules import OAuthRules
from boundgate.terms import Provenance

PASSKEY_ACR = "phr"
"""Phishing-resistant (OpenID Connect EAP ACR Values 1.0 §4): every user here has shown a passkey."""
PASSKEY_AMR = ("pop", "user", "mfa")
"""RFC 8176 §2: a key, a person present, and what unlocked the key."""
NOT_ATTESTED = "No attestation of this key has been verified, so it may be a copy in a file."
_SUCCESSOR = b"oauth refresh token"


class NothingAttested:
    """`Attestations` of a server that verifies none."""

    async def standing(self, *, user_id: str | None, client_id: str, jkt: str) -> KeyStanding:
        del user_id, client_id, jkt
        return KeyStanding(Provenance.SOFTWARE, NOT_ATTESTED)


class Families:
    """Makes the records of new families and ends families.

    Args:
        macs: derive each refresh token from the one before, so that a lost answer can be given again.
        on_ended: told which families have just ended, so that what runs for them can be cut.
    """

    def __init__(
        self,
        *,
        grants: GrantStore,
        attestations: Attestations,
        macs: Macs,
        rules: OAuthRules,
        clock: Clock,
        random: RandomBytes,
        on_ended: Callable[[Collection[str]], None],
    ) -> None:
        self._grants, self._attestations, self._macs = grants, attestations, macs
        self._rules, self._clock, self._random, self._on_ended = rules, clock, random, on_ended

    async def of_code(self, code: Code, *, jkt: str) -> Family:
        """The family that a code begins with this key. Stored by whoever redeems the code."""
        standing = await self._attestations.standing(user_id=code.user_id, client_id=code.client_id, jkt=jkt)
        now = self._clock()
        return Family(
            id=code.family_id,
            client_id=code.client_id,
            user_id=code.user_id,
            jkt=jkt,
            provenance=standing.provenance,
            attestation=standing.attestation,
            scope=code.scope,
            acr=PASSKEY_ACR,
            amr=code.amr,
            auth_time=code.auth_time,
            created_at=now,
            last_proof_at=now,
        )

    async def of_service(self, client_id: str, *, jkt: str, scope: frozenset[str]) -> Family:
        """The family of a client that acts for itself. Nobody has authenticated, so it has neither `acr` nor `amr`."""
        standing = await self._attestations.standing(user_id=None, client_id=client_id, jkt=jkt)
        now = self._clock()
        return Family(
            id=new_token(self._random, size_bytes=16),
            client_id=client_id,
            user_id=None,
            jkt=jkt,
            provenance=standing.provenance,
            attestation=standing.attestation,
            scope=scope,
            acr=None,
            amr=(),
            auth_time=None,
            created_at=now,
            last_proof_at=now,
        )

    def first_refresh(self, family: Family) -> tuple[str, RefreshToken] | None:
        """The first refresh token, text and record; None where none was granted (OpenID Connect Core §11)."""
        if Scope.OFFLINE_ACCESS not in family.scope:
            return None
        text = new_token(self._random)
        return text, self._record(text, family)

    def next_refresh(self, text: str, family: Family) -> tuple[str, RefreshToken]:
        """The one token that may follow `text`: a MAC, so that whoever asks twice gets the same twice.

        Without our key nobody can tell it from a random one, and it is stored as a hash like any other.
        """
        _kid, tag = self._macs.sign(_SUCCESSOR, f"{family.id} {text}".encode())
        following = base64url.encode(tag)
        return following, self._record(following, family)

    async def end(self, family_ids: Collection[str], reason: FamilyEnd) -> list[str]:
        """End families, durably, and cut what runs for them. Returns those that this call ended."""
        ended = await self._grants.end(family_ids, now=self._clock(), reason=reason)
        self._on_ended(ended)
        return ended

    async def end_user(self, user_id: str, reason: FamilyEnd) -> list[str]:
        """The same for all of a user's, codes that wait for their use included."""
        ended = await self._grants.end_user(user_id, now=self._clock(), reason=reason)
        self._on_ended(ended)
        return ended

    async def live(self, user_id: str) -> list[Family]:
        """What can still be used or renewed in a user's name, newest first."""
        now = self._clock()
        found = await self._grants.live(user_id, now=now, since_proof=now - self._rules.access_seconds)
        return [family for family in found if self._rules.family_end(family) > now]

    def cut(self, family_id: str) -> None:
        """Tell that the store has ended this family."""
        self._on_ended([family_id])

    def _record(self, text: str, family: Family) -> RefreshToken:
        now = self._clock()
        # RFC 9700 §4.14.2: each use gives a new life, and all of them together end.
        expires_at = min(now + self._rules.refresh_seconds, self._rules.family_end(family))
        return RefreshToken(
            token_hash=hash_value(text),
            family_id=family.id,
            number=1,
            issued_at=now,
            expires_at=expires_at,
        )
