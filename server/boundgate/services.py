"""The first half of the composition root: settings become stores, stores become services."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from boundgate.attestation import AttestationService
from boundgate.attestation_services import compose_attestation
from boundgate.clock import Clock, RandomBytes, system_clock, system_random
from boundgate.dbsc import Challenges, Renewals, WellKnown
from boundgate.gateway.in_flight import InFlight
from boundgate.gateway.service import GatewayService
from boundgate.gateway.upstream import Upstream
from boundgate.keyring import KeyringFile
from boundgate.metrics import Metrics
from boundgate.oauth.model import FamilyEnd
from boundgate.oauth.outside.http import HttpWeb
from boundgate.oauth.outside.ports import Web
from boundgate.oauth.outside.service import OutsideSignIn
from boundgate.oauth.ports import GrantStore, RecordStore
from boundgate.oauth_services import OAuth, compose_oauth
from boundgate.other_workers import OtherWorkers
from boundgate.outside_services import compose_outside
from boundgate.passkeys.ceremonies import RelyingParty
from boundgate.passkeys.enrolment import EnrolmentService
from boundgate.passkeys.ports import PasskeyStore
from boundgate.passkeys.service import PasskeyService
from boundgate.policy.model import Rules
from boundgate.resource.families import FamilyCache
from boundgate.resource.journal import FamilyJournal
from boundgate.resource.service import ResourceService
from boundgate.resource.verified import VerifiedTokens
from boundgate.sessions.binding import BindingService
from boundgate.sessions.cache import SessionCache
from boundgate.sessions.credential import has_ended
from boundgate.sessions.journal import Journal
from boundgate.sessions.ports import HotState, SessionNews, SessionStore
from boundgate.sessions.service import SessionService
from boundgate.settings import Settings
from boundgate.storage import (
    FileSessionNews,
    SharedState,
    SqlAttestationStore,
    SqlClientStore,
    SqlGrantStore,
    SqlPasskeyStore,
    SqlSessionStore,
    SqlUsageStore,
    open_database,
    open_shared_state,
)
from boundgate.terms import EndReason
from boundgate.usage.ports import UsageStore
from boundgate.usage.recorder import Recorder
from boundgate.wiring import binding_endpoints, open_gateway, policy_rules, session_rules, well_known

DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a route may use."""

    settings: Settings
    clock: Clock
    random: RandomBytes
    rules: Rules
    sessions: SessionService
    bindings: BindingService
    resource: ResourceService
    passkeys: PasskeyService
    enrolment: EnrolmentService
    store: PasskeyStore
    usage: UsageStore
    oauth: OAuth
    outside: OutsideSignIn
    attestation: AttestationService
    gateway: GatewayService
    in_flight: InFlight
    journal: Journal
    recorder: Recorder
    metrics: Metrics
    well_known: WellKnown | None
    prunes: bool
    """Whether this process is the one of several that forgets what is old."""

    @property
    def origin(self) -> str:
        """The one origin that this server is."""
        return self.settings.origin

    async def flush(self) -> None:
        """Write what is still in memory only."""
        await self.journal.flush()
        await self.resource.flush()
        await self.recorder.flush()
        self.metrics.dropped.set(self.recorder.dropped)
        self.metrics.publish()

    async def prune(self) -> None:
        """Forget what is older than the retention; a sign-in not before it has ended."""
        if not self.prunes:
            return
        now, retention = self.clock(), self.settings.audit_retention_days * DAY_SECONDS
        await self.usage.prune(before=now - retention, keep_rows=self.settings.audit_refused_rows_max)
        await self.sessions.prune(before=now - max(retention, self.settings.login_seconds))
        await self.oauth.grants.prune(now=now, before=now - retention)
        await self.attestation.prune(before=now - retention)


@contextlib.asynccontextmanager
async def open_services(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    random: RandomBytes = system_random,
    hot: HotState | None = None,
    upstream: Upstream | None = None,
    outside_web: Web | None = None,
    prunes: bool = True,
    beside: bool = False,
) -> AsyncIterator[Services]:
    """Open the data directory and the database (migrated), and close them in order.

    Args:
        outside_web: the way to outside providers; by default HTTPS.
        prunes: whether this process is the one of several that forgets what is old.
        beside: for a command beside a server: it serves nobody, and tells the server what it ends.

    Raises:
        SettingsError, StorageUnavailable: with a sentence that says what to do.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    keyring = KeyringFile.load_or_create(settings.data_dir / "keys.json", clock=clock, random=random)
    async with contextlib.AsyncExitStack() as closing:
        database = await open_database(settings.sqlalchemy_url)
        closing.push_async_callback(database.close)
        shared = (
            SharedState(hot, None)
            if hot is not None
            else await closing.enter_async_context(
                open_shared_state(settings.hot_state_url, prefix=settings.hot_state_prefix, random=random)
            )
        )
        news = shared.news or FileSessionNews(settings.data_dir / "sessions.news", beside=beside)
        web = outside_web or HttpWeb()
        closing.push_async_callback(web.aclose)
        services, others = _compose(
            settings,
            keyring=keyring,
            session_store=SqlSessionStore(database),
            passkey_store=SqlPasskeyStore(database),
            client_store=SqlClientStore(database),
            grant_store=SqlGrantStore(database),
            attestation_store=SqlAttestationStore(database),
            usage=SqlUsageStore(database),
            hot=shared.hot,
            news=news,
            alone=shared.news is None,
            gateway=open_gateway(settings, upstream=upstream, clock=clock, random=random),
            outside_web=web,
            clock=clock,
            random=random,
            prunes=prunes,
        )
        closing.push_async_callback(services.flush)
        closing.push_async_callback(services.gateway.aclose)
        await closing.enter_async_context(news.heard_by(others.hear, others.catch_up))
        yield services


def _compose(
    settings: Settings,
    *,
    keyring: KeyringFile,
    session_store: SessionStore,
    passkey_store: PasskeyStore,
    client_store: RecordStore,
    grant_store: GrantStore,
    attestation_store: SqlAttestationStore,
    usage: UsageStore,
    hot: HotState,
    news: SessionNews,
    alone: bool,
    gateway: GatewayService,
    outside_web: Web,
    clock: Clock,
    random: RandomBytes,
    prunes: bool,
) -> tuple[Services, OtherWorkers]:
    rules = session_rules(settings)
    cache = SessionCache(session_store, clock=clock, seconds=rules.cache_seconds, news=news, keeps_keyless=alone)
    journal = Journal(session_store)
    challenges = Challenges(macs=keyring, used=hot, clock=clock, random=random)
    in_flight = InFlight()
    families = FamilyCache(
        families=grant_store, clients=client_store, clock=clock, seconds=rules.cache_seconds, news=news
    )
    others = OtherWorkers(
        cache=cache,
        families=families,
        in_flight=in_flight,
        news=news,
        is_over=lambda view: has_ended(view.session, rules, clock()),
    )
    sessions = SessionService(
        store=session_store,
        hot=hot,
        cache=cache,
        journal=journal,
        challenges=challenges,
        macs=keyring,
        rules=rules,
        clock=clock,
        random=random,
        on_ended=others.end,
    )
    bindings = BindingService(
        store=session_store,
        cache=cache,
        journal=journal,
        renewals=Renewals(
            ledger=hot,
            challenges=challenges,
            macs=keyring,
            endpoints=binding_endpoints(settings.origin),
            rules=rules,
            clock=clock,
        ),
        macs=keyring,
        rules=rules,
        clock=clock,
    )
    party = RelyingParty(
        rp_id=settings.rp_id,
        origin=settings.origin,
        organisation=settings.organisation,
        ceremony_seconds=settings.ceremony_seconds,
    )

    oauth = compose_oauth(
        settings,
        clients=client_store,
        grants=grant_store,
        passkeys=passkey_store,
        keyring=keyring,
        hot=hot,
        clock=clock,
        random=random,
        on_ended=others.end,
        attestations=attestation_store,
    )
    attestation = compose_attestation(
        settings,
        store=attestation_store,
        passkeys=passkey_store,
        challenges=challenges,
        keyring=keyring,
        clock=clock,
        random=random,
        on_raised=families.forget,
    )

    outside = compose_outside(
        settings, links=client_store, challenges=challenges, web=outside_web, clock=clock, random=random
    )

    async def end_everything(user_id: str) -> None:
        await sessions.end_user(user_id, EndReason.RECOVERED)
        await oauth.families.end_user(user_id, FamilyEnd.RECOVERED)
        await attestation.forget_all(user_id)
        await outside.forget_all(user_id)

    services = Services(
        settings=settings,
        clock=clock,
        random=random,
        rules=policy_rules(settings),
        sessions=sessions,
        bindings=bindings,
        resource=ResourceService(
            tokens=VerifiedTokens(oauth.access_tokens, keys=keyring, clock=clock),
            families=families,
            proofs=oauth.proofs,
            journal=FamilyJournal(grant_store),
            clock=clock,
        ),
        passkeys=PasskeyService(store=passkey_store, challenges=challenges, party=party, clock=clock),
        enrolment=EnrolmentService(
            store=passkey_store,
            challenges=challenges,
            party=party,
            clock=clock,
            random=random,
            first_link_seconds=settings.first_link_seconds,
            invitation_seconds=settings.invitation_seconds,
            end_everything=end_everything,
        ),
        store=passkey_store,
        usage=usage,
        oauth=oauth,
        outside=outside,
        attestation=attestation,
        gateway=gateway,
        in_flight=in_flight,
        journal=journal,
        recorder=Recorder(usage),
        metrics=Metrics(),
        well_known=well_known(settings),
        prunes=prunes,
    )
    return services, others
