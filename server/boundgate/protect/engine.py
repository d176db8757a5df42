"""The parts behind `DeviceBound`, put together, and what happens around each request."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from boundgate.clock import Clock, RandomBytes
from boundgate.dbsc import (
    Challenges,
    EndpointAnswer,
    Ledger,
    ProofEndpoints,
    RenewalRules,
    Renewals,
    read_skipped,
)
from boundgate.dbsc.headers import CHALLENGE, SKIPPED
from boundgate.dbsc.leniency import Leniencies
from boundgate.errors import StorageUnavailable
from boundgate.protect.answers import Answer
from boundgate.protect.bouncer import Bouncer
from boundgate.protect.cache import RecordCache
from boundgate.protect.endpoints import ProofCaller
from boundgate.protect.events import Event, Events, Refreshed, Refused, Registered, Retried, Skipped
from boundgate.protect.guard import Guard
from boundgate.protect.journal import Journal
from boundgate.protect.keys import Key, macs_from
from boundgate.protect.ledgers import ValkeyLedger
from boundgate.protect.offers import Offers
from boundgate.protect.registry import Registry
from boundgate.protect.request import Networks, Request, Scope, SessionId
from boundgate.protect.settings import Cookies, Paths, Reach, Timing
from boundgate.protect.standing import Standing
from boundgate.protect.store import Store, shown
from boundgate.protect.visit import Visit, current_visit
from boundgate.storage.memory_hot import MemoryHotState

_SKIPPED, _CHALLENGE = SKIPPED.lower().encode(), CHALLENGE.lower().encode()
_SKIPPED_MAX_CHARS = 512
_DAY_SECONDS = 86_400.0


class Engine:
    """All of it; arguments as `DeviceBound` explains them."""

    def __init__(
        self,
        *,
        origin: str,
        session_id: SessionId,
        key: Key,
        store: Store,
        paths: Paths,
        allow_unbound: bool,
        sign_in: str | None,
        ledger: Ledger | None,
        cookies: Cookies,
        timing: Timing,
        networks: Networks,
        reach: Reach,
        leniencies: Leniencies,
        on_event: Callable[[Event], None] | None,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        self.store, self.timing, self.events = store, timing, Events(on_event)
        self.origins = reach.origins(origin)
        self._networks, self._clock = networks, clock
        instructions = reach.instructions(origin, paths, cookies)
        macs = macs_from(key, clock=clock, random=random)
        self._ledger = ledger or MemoryHotState(random)
        self._epoch, self._epoch_since, self.opened = b"", clock(), False
        self.journal = Journal(store, write_seconds=timing.write_seconds)
        self.offers = Offers(
            macs=macs,
            clock=clock,
            random=random,
            life_seconds=timing.registration_seconds,
            new_seconds=timing.new_session_seconds,
        )
        cache = RecordCache(store, clock=clock, seconds=timing.cache_seconds)
        self._guard = Guard(
            session_id=session_id,
            cookies=cookies,
            timing=timing,
            networks=networks,
            cache=cache,
            journal=self.journal,
            offers=self.offers,
            ledger=self._ledger,
            macs=macs,
            clock=clock,
        )
        self._bouncer = Bouncer(
            cookies=cookies,
            timing=timing,
            ledger=self._ledger,
            allow_unbound=allow_unbound,
            sign_in=sign_in,
            clock=clock,
        )
        own = reach.registration_origin or origin
        self._renewals = Renewals(
            ledger=self._ledger,
            challenges=Challenges(macs=macs, used=self._ledger, clock=clock, random=random),
            macs=macs,
            endpoints=ProofEndpoints(
                registration_url=own + paths.register,
                refresh_url=own + paths.refresh,
                bound=cookies.bound,
                fresh=cookies.fresh,
                instructions=instructions,
            ),
            rules=RenewalRules(
                bound_cookie_seconds=timing.bound_cookie_seconds,
                challenge_seconds=timing.challenge_seconds,
                registration_seconds=timing.registration_seconds,
                signature_window_seconds=timing.signature_window_seconds,
            ),
            clock=clock,
            leniencies=leniencies,
        )
        self.registry = Registry(
            store=store,
            cache=cache,
            journal=self.journal,
            offers=self.offers,
            renewals=self._renewals,
            guard=self._guard,
            publish=self.events.publish,
            clock=clock,
        )

    def visit_of(self, scope: Scope) -> Visit:
        """The visit of one request; notes what the browser says about a refresh that it skipped."""
        visit = Visit(Request(scope=scope), guard=self._guard, bouncer=self._bouncer)
        for name, value in scope["headers"]:
            if name == _SKIPPED:
                self._note_skipped(visit, value[:_SKIPPED_MAX_CHARS].decode("latin-1"))
                break
        return visit

    def caller_of(self, scope: Scope, fields: Mapping[bytes, bytes]) -> ProofCaller:
        """Where a proof comes from."""
        peer = str((scope.get("client") or ("", 0))[0])
        agent = fields.get(b"user-agent", b"").decode("latin-1")
        return ProofCaller(peer, self._networks.prefix_of(scope), agent)

    def observe(self, answer: EndpointAnswer, caller: ProofCaller) -> None:
        """Tell what a registration or a refresh came to."""
        del caller
        record = current_visit().concerned
        session, user = (shown(record.app_hash), record.user) if record else (None, None)
        at, key, renewal = self._clock(), record.key if record else None, answer.renewal
        registering = answer.kind == "dbsc.register"
        if renewal is not None and key is not None:
            self.events.publish(
                Registered(
                    at=at,
                    session=session,
                    user=user,
                    thumbprint=key.thumbprint,
                    algorithm=key.algorithm,
                    client=key.client,
                )
                if registering
                else Refreshed(at=at, session=session, user=user, signatures=renewal.signatures)
            )
        elif answer.kind == "dbsc.refresh" and answer.status == 403 and answer.session_id is not None:
            self.events.publish(Retried(at=at, session=session, user=user, reason=answer.outcome))
        elif answer.kind != "dbsc.challenge":
            what = "registration" if registering else "refresh"
            self.events.publish(
                Refused(at=at, session=session, user=user, what=what, reason=answer.outcome, client=answer.client)
            )

    def refused(self, visit: Visit, answer: Answer) -> None:
        """Tell of a refusal; a demand for proof is none yet."""
        if answer.code is None:
            return
        record, named = visit.verdict.record if visit.verdict else None, self._named(visit)
        self.events.publish(
            Refused(
                at=self._clock(),
                session=named,
                user=record.user if record else None,
                what="request",
                reason=answer.code,
            )
        )

    async def finish(self, visit: Visit) -> list[tuple[bytes, bytes]]:
        """Before an answer of the application goes out: end what it leaves, and send the next challenge ahead."""
        if visit.offered is not None:
            await self._note_leaving(visit, visit.offered)
        for app_hash in visit.leaving:
            await self.registry.end(app_hash, reason="replaced")
        return [] if visit.offered or visit.ended else self._challenge_ahead(visit)

    async def _note_leaving(self, visit: Visit, offered: bytes) -> None:
        """Only who proved to be the session's browser may leave it; a copied cookie must not end anything."""
        try:
            verdict = await visit.judge()
        except StorageUnavailable:
            return  # no reason to refuse a sign-in: the browser is told to forget the other at its next refresh
        if verdict.standing is Standing.PROTECTED and verdict.app_hash is not None and verdict.app_hash != offered:
            visit.leaving.add(verdict.app_hash)

    async def open(self) -> None:
        """Open store and ledger, and forget what is long over. Done once."""
        if self.opened:
            return
        await self.store.open()
        if isinstance(self._ledger, ValkeyLedger):
            await self._ledger.open()
        self._epoch, self._epoch_since, self.opened = self._ledger.epoch, self._clock(), True
        await self.prune()

    async def prune(self) -> None:
        """Forget what ended, and what nobody proved, long ago."""
        now = self._clock()
        await self.store.prune(
            ended_before=now - self.timing.ended_days * _DAY_SECONDS,
            proved_before=now - self.timing.unused_days * _DAY_SECONDS,
        )

    async def close(self) -> None:
        """Write what is left, end the streams, close store and ledger."""
        try:
            await self.journal.close()
        finally:
            self.opened = False
            self.events.close()
            if isinstance(self._ledger, ValkeyLedger):
                await self._ledger.close()
            await self.store.close()

    def _challenge_ahead(self, visit: Visit) -> list[tuple[bytes, bytes]]:
        """So that the next refresh takes one round trip, also where the ledger has forgotten the last challenge."""
        verdict = visit.verdict
        if verdict is None or verdict.value is None or verdict.standing is not Standing.PROTECTED:
            return []
        if self._ledger.epoch != self._epoch:
            self._epoch, self._epoch_since = self._ledger.epoch, self._clock()
        value, half = verdict.value, self.timing.bound_cookie_seconds / 2
        if value.minted_at >= self._epoch_since and self._clock() - value.minted_at < half:
            return []
        return [(_CHALLENGE, self._renewals.challenge_header(value.session_id).encode())]

    def _note_skipped(self, visit: Visit, header: str) -> None:
        for skipped in read_skipped(header)[:1]:
            self.events.publish(Skipped(at=self._clock(), session=self._named(visit), reason=skipped.reason))

    def _named(self, visit: Visit) -> str | None:
        named = self._guard.app_hash(visit.request)
        return shown(named) if named else None
