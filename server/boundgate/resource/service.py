"""A token and its proof in, the server's record of whose they are out."""

from __future__ import annotations

from collections.abc import Sequence

from boundgate.clock import Clock
from boundgate.dpop import DpopProofs
from boundgate.oauth.errors import InvalidToken
from boundgate.oauth.model import TokenSubject
from boundgate.oauth.subjects import subject_of
from boundgate.resource.families import FamilyCache
from boundgate.resource.journal import FamilyJournal
from boundgate.resource.verified import Verified, VerifiedTokens


class ResourceService:
    """What every call with a token goes through."""

    def __init__(
        self,
        *,
        tokens: VerifiedTokens,
        families: FamilyCache,
        proofs: DpopProofs,
        journal: FamilyJournal,
        clock: Clock,
    ) -> None:
        self._tokens, self._families, self._proofs = tokens, families, proofs
        self._journal, self._clock = journal, clock

    async def resolve(self, *, token: str, fields: Sequence[str], method: str, url: str) -> TokenSubject:
        """Whose token this is, proved by the family's key for this very request (RFC 9449 §7.1).

        Args:
            token: of the `Authorization` field.
            fields: the values of every `DPoP` header field.
            method, url: of the request, see `boundgate.dpop.verify_proof`.

        Raises:
            InvalidToken: code `session_revoked` where its family has ended.
            InvalidDpopProof, UseDpopNonce: the token is good, what came along with it is not.
            StorageUnavailable
        """
        verified = self._tokens.read(token)
        # The key is that of the record; the token's own `cnf` only has to agree with it.
        subject = await self._subject(verified)
        family = subject.family
        await self._proofs.take(fields=fields, method=method, url=url, token_hash=verified.hash, jkt=family.jkt)
        # An end that came while the proof was checked wins over the late call.
        subject = await self._subject(verified)
        self._journal.proved(family.id, self._clock())
        return subject

    async def still(self, subject: TokenSubject) -> TokenSubject:
        """The same subject after a wait in which its family may have ended.

        Raises:
            InvalidToken: it has.
        """
        view = await self._families.view(subject.family.id)
        if view is None or view.family.ended_at is not None:
            raise InvalidToken("This token's authorization has ended. Sign in again.", code="session_revoked")
        return subject

    def is_ours(self, token: str) -> bool:
        """Whether this is an access token of ours that is good now: it must not come as a Bearer token."""
        try:
            self._tokens.read(token)
        except InvalidToken:
            return False
        return True

    def nonce(self, subject: TokenSubject) -> str:
        """What `DPoP-Nonce` says in the answer to whoever has proved this family's key."""
        return self._proofs.nonce(subject.family.jkt)

    def nonce_for(self, fields: Sequence[str]) -> str | None:
        """What `DPoP-Nonce` says in the answer to a request with these `DPoP` fields; None where there is no key."""
        return self._proofs.nonce_for(fields)

    async def flush(self) -> None:
        """Write what is still in memory only."""
        await self._journal.flush()

    async def _subject(self, verified: Verified) -> TokenSubject:
        """By the family's record as it is now. What came of a record is kept with the token for as long as the very
        same record is answered."""
        view = self._families.fresh(verified.claims.family_id)
        if view is None:
            view = await self._families.view(verified.claims.family_id)
        if view is None or view is not verified.view or verified.subject is None:
            family, client = (view.family, view.client) if view is not None else (None, None)
            verified.subject, verified.view = subject_of(verified.claims, family, client), view
        return verified.subject
