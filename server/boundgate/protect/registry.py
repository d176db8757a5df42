"""Registrations and refreshes for an application's sessions: `boundgate.dbsc.BoundSessions` over a `Store`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from boundgate.clock import Clock
from boundgate.dbsc import (
    KeyedSession,
    KnownMint,
    ProofRefused,
    PublicKey,
    Renewal,
    Renewals,
    SessionEnded,
    SessionUnknown,
    load_public_key,
)
from boundgate.dbsc.federation import accept_only
from boundgate.errors import Conflict
from boundgate.protect.cache import RecordCache
from boundgate.protect.events import Event, Terminated
from boundgate.protect.guard import Guard
from boundgate.protect.journal import Journal
from boundgate.protect.offers import Offer, Offers
from boundgate.protect.store import BoundKey, ProofNote, Record, Registration, Store, shown
from boundgate.protect.visit import current_visit

_CONFLICTS = {
    Registration.OTHER_KEY: "This session has another key already; the first one counts.",
    Registration.SAME_KEY: "This key was registered before.",
}


class Registry:
    """Binds keys to the application's sessions, renews their cookies, and ends them."""

    def __init__(
        self,
        *,
        store: Store,
        cache: RecordCache,
        journal: Journal,
        offers: Offers,
        renewals: Renewals,
        guard: Guard,
        publish: Callable[[Event], None],
        clock: Clock,
    ) -> None:
        self._store, self._cache, self._journal, self._offers = store, cache, journal, offers
        self._renewals, self._guard, self._publish, self._clock = renewals, guard, publish, clock
        self._ending: set[asyncio.Task[list[bytes]]] = set()

    async def register(
        self, proof: str, *, prefix: bytes, client: str | None = None, cookies: str | None = None
    ) -> Renewal:
        """Bind the key of a registration proof (DBSC §8.7). A proof that fails leaves the offer as it was.

        Args:
            client: what registers it, where it is not the browser itself.
            cookies: not needed: whoever comes second changes nothing here.

        Raises:
            ProofMalformed, KeyRefused, KeyNotVouched, ProofRefused, ChallengeStale.
            Conflict: the session has its key already.
        """
        del cookies
        verified = self._renewals.verify_registration(proof)
        offer = self._offers.read(verified)
        current_visit().concerned = Record(app_hash=offer.app_hash, user=offer.user, key=None)
        if offer.thumbprint is not None:
            accept_only(verified.key, expected_thumbprint=offer.thumbprint)
        record = self._record(offer, verified.key, client)
        # Minted first: were it bound first and the ledger out of reach, no browser would have the session's key.
        renewal = await self._renewals.first(_keyed(record), prefix=prefix)
        await self._bind(record)
        current_visit().concerned = record
        # An end that came meanwhile wins.
        await self._living(record.app_hash)
        self._journal.proved(ProofNote(id=offer.id, proved_at=renewal.proved_at, mint=renewal.mint))
        return renewal

    async def refresh(self, session_id: str, proof: str, *, prefix: bytes) -> Renewal:
        """Renew the cookies of a session (DBSC §8.8).

        A browser that proves the session's key and shows another session of the application has moved on, by a new
        sign-in: it is told to forget this one, or it would put this one's cookie back with every refresh.

        Raises:
            SessionUnknown, SessionEnded, ProofMalformed, ProofRefused, ChallengeStale.
        """
        record = await self._by_id(session_id)
        renewal = await self._renewals.refresh(_keyed(record), proof, prefix=prefix)
        if self._guard.names_another(current_visit().request, record.app_hash):
            await self.end(record.app_hash, reason="replaced")
        await self._living(record.app_hash)
        self._journal.proved(ProofNote(id=session_id, proved_at=renewal.proved_at, mint=renewal.mint))
        return renewal

    async def challenge(self, session_id: str) -> str:
        """A `Secure-Session-Challenge` value. Raises SessionUnknown, SessionEnded."""
        await self._by_id(session_id)
        return self._renewals.challenge_header(session_id)

    def ended(self, session_id: str) -> bytes:
        """The instructions that end a session in the browser."""
        return self._renewals.ended(session_id)

    async def end(self, app_hash: bytes, *, reason: str) -> bool:
        """End one session; durable and in force when it returns. Whether this call did it."""

        async def end() -> list[bytes]:
            return [app_hash] if await self._store.end(app_hash, now=self._clock()) else []

        return bool(await self._to_its_end(end, reason, also=app_hash))

    async def end_user(self, user: str, *, reason: str) -> int:
        """End every bound session of a user. Returns how many."""
        return len(await self._to_its_end(lambda: self._store.end_user(user, now=self._clock()), reason))

    def _record(self, offer: Offer, key: PublicKey, client: str | None) -> Record:
        now = self._clock()
        bound = BoundKey(
            id=offer.id,
            algorithm=key.algorithm,
            jwk=key.jwk,
            thumbprint=key.thumbprint,
            bound_at=now,
            last_proof_at=now,
            last_mint=0,
            client=client,
        )
        return Record(app_hash=offer.app_hash, user=offer.user, key=bound)

    async def _bind(self, record: Record) -> None:
        assert record.key is not None, "it was made with one"
        outcome = await self._store.register(record.app_hash, user=record.user, key=record.key)
        self._cache.forget(record.app_hash)
        if outcome is Registration.ENDED:
            raise ProofRefused("The session of this offer has ended; sign in again.", code=outcome.value)
        if outcome is not Registration.BOUND:
            raise Conflict(_CONFLICTS[outcome], code=outcome.value)

    async def _by_id(self, session_id: str) -> Record:
        record = await self._cache.find_by_id(session_id)
        if record is None:
            raise SessionUnknown("There is no such session here; sign in again.")
        current_visit().concerned = record
        return _unless_ended(record)

    async def _living(self, app_hash: bytes) -> Record:
        record = await self._cache.find(app_hash, absence_will_do=False)
        if record is None:
            raise SessionUnknown("There is no such session here; sign in again.")
        return _unless_ended(record)

    async def _to_its_end(
        self, work: Callable[[], Awaitable[list[bytes]]], reason: str, *, also: bytes | None = None
    ) -> list[bytes]:
        """Store an end and put it in force, also where whoever asked for it hangs up in between."""

        async def end() -> list[bytes]:
            ended = await work()
            for app_hash in ended if also is None else [also]:
                self._cache.forget(app_hash)
            for app_hash in ended:
                self._publish(Terminated(at=self._clock(), session=shown(app_hash), reason=reason))
            return ended

        task = asyncio.create_task(end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return await asyncio.shield(task)


def _unless_ended(record: Record) -> Record:
    if record.ended_at is not None or record.key is None:
        raise SessionEnded("This session is over; sign in again.")
    return record


def _keyed(record: Record) -> KeyedSession:
    key = record.key
    assert key is not None, "only living records come here"
    return KeyedSession(
        id=key.id,
        user=record.user or "",
        key=load_public_key(key.jwk, algorithm=key.algorithm),
        newest=KnownMint(key.last_mint, key.last_proof_at),
    )
