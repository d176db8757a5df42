"""Registration and refresh: the DBSC protocol joined to this server's records."""

from __future__ import annotations

from dataclasses import dataclass

from boundgate.clock import Clock
from boundgate.dbsc import (
    BoundCredential,
    BoundValue,
    Challenges,
    ChallengeStale,
    Instructions,
    Macs,
    ProofRefused,
    PublicKey,
    SessionUnknown,
    challenge_for,
    load_public_key,
    seal,
    verify_refresh_proof,
    verify_registration_proof,
)
from boundgate.errors import Conflict
from boundgate.sessions.cache import SessionCache
from boundgate.sessions.credential import has_ended
from boundgate.sessions.journal import Journal
from boundgate.sessions.model import Binding, ProofRecord, SessionView
from boundgate.sessions.ports import BindOutcome, HotState, SessionStore
from boundgate.sessions.rules import SessionRules
from boundgate.sessions.service import REGISTER_PURPOSE, hash_value
from boundgate.terms import Provenance

REFRESH_PURPOSE = "dbsc.refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingEndpoints:
    """Where the browser posts proofs, as it sees them, and the cookies that proofs renew."""

    registration_url: str
    refresh_url: str
    bound: BoundCredential
    fresh: BoundCredential
    instructions: Instructions


@dataclass(frozen=True, slots=True)
class Proved:
    """The answer to an accepted proof: 200, this body, these `Set-Cookie` values, this next challenge."""

    session_id: str
    user_id: str
    thumbprint: str
    body: bytes
    set_cookies: tuple[str, ...]
    challenge_header: str


class BindingService:
    """Takes keys and proofs; gives cookies that live for minutes."""

    def __init__(
        self,
        *,
        store: SessionStore,
        hot: HotState,
        cache: SessionCache,
        journal: Journal,
        challenges: Challenges,
        macs: Macs,
        endpoints: BindingEndpoints,
        rules: SessionRules,
        clock: Clock,
    ) -> None:
        self._store, self._hot, self._cache, self._journal = store, hot, cache, journal
        self._challenges, self._macs, self._endpoints = challenges, macs, endpoints
        self._rules, self._clock = rules, clock

    async def register(self, proof: str, *, prefix: bytes) -> Proved:
        """Bind the key of a registration proof to the sign-in whose offer it answers (DBSC §8.7).

        The offer is found by its one-time `authorization`, not by a cookie: a return from another site has none.
        A proof that fails leaves the offer as it was.

        Raises:
            ProofMalformed, KeyRefused, ProofRefused, ChallengeStale.
            Conflict: the session has its key already; another one marks it contested.
        """
        verified = verify_registration_proof(proof=proof, expected_audience=self._endpoints.registration_url)
        if not verified.authorization:
            raise ProofRefused('The proof has no "authorization" of an offer.')
        authorization_hash = hash_value(verified.authorization)
        session_id = await self._store.offer_session(authorization_hash)
        if session_id is None:
            raise ProofRefused("No offer has this authorization.")
        # The offer itself is what can be taken once, so the challenge is checked and not used up here.
        if not self._challenges.check(
            verified.challenge,
            purpose=REGISTER_PURPOSE,
            context=session_id,
            max_age_seconds=self._rules.registration_seconds,
        ):
            raise ChallengeStale("The offer's challenge is not this offer's, or has expired; sign in again.")
        await self._bind(authorization_hash, session_id, verified.key)
        self._cache.forget([session_id])
        view = await self._living(session_id)
        return await self._proved(view, verified.key.thumbprint, prefix)

    async def _bind(self, authorization_hash: bytes, session_id: str, key: PublicKey) -> None:
        now = self._clock()
        binding = Binding(
            session_id=session_id,
            algorithm=key.algorithm,
            jwk=key.jwk,
            thumbprint=key.thumbprint,
            provenance=Provenance.BROWSER,
            bound_at=now,
            last_proof_at=now,
            last_mint=0,
        )
        outcome = await self._store.bind(authorization_hash, binding, now=now)
        if outcome is BindOutcome.NO_OFFER:
            raise ProofRefused("The offer has expired or its session has ended; sign in again.")
        if outcome is BindOutcome.OTHER_KEY:
            self._cache.forget([session_id])
            raise Conflict("This session already has another key; the first one counts.", code="second_key")
        if outcome is BindOutcome.SAME_KEY:
            raise Conflict("This key was registered with this offer before.", code="already_registered")

    async def refresh(self, session_id: str, proof: str, *, prefix: bytes) -> Proved:
        """Renew the cookies of a session against a proof by its key (DBSC §8.8).

        Raises:
            SessionUnknown: no such bound session, or it has ended.
            ProofMalformed, ProofRefused, ChallengeStale: nothing changed; the owner is not touched.
        """
        view = await self._living(session_id)
        key = self._key(view)
        verified = verify_refresh_proof(proof=proof, expected_key=key, expected_audience=self._endpoints.refresh_url)
        redeemed = await self._challenges.redeem(
            verified.challenge,
            purpose=REFRESH_PURPOSE,
            context=session_id,
            max_age_seconds=self._rules.challenge_seconds,
        )
        if not redeemed:
            raise ChallengeStale("The challenge is unknown, used or expired; sign the one in this answer.")
        # An end that came while the proof was checked wins over the late refresh.
        return await self._proved(await self._living(session_id), key.thumbprint, prefix)

    async def challenge(self, session_id: str) -> str:
        """A `Secure-Session-Challenge` value for a living bound session. Stores nothing.

        Raises:
            SessionUnknown
        """
        await self._living(session_id)
        return self._challenge_header(session_id)

    async def _living(self, session_id: str) -> SessionView:
        view = await self._cache.view(session_id)
        if view is None or view.binding is None or has_ended(view.session, self._rules, self._clock()):
            raise SessionUnknown("There is no such bound session here, or it has ended; sign in again.")
        return view

    def _key(self, view: SessionView) -> PublicKey:
        assert view.binding is not None
        return load_public_key(view.binding.jwk, algorithm=view.binding.algorithm)

    async def _proved(self, view: SessionView, thumbprint: str, prefix: bytes) -> Proved:
        session_id = view.session.id
        now = round(self._clock(), 3)
        last = view.binding.last_mint if view.binding else 0
        if last and view.binding and await self._hot.newest_mint_at(session_id) is None:
            # The hot state started empty since: it must learn what was the newest value before, or those that were
            # older still would be good again until this one is used.
            await self._hot.note_use(
                session_id, last, now=view.binding.last_proof_at, keep_seconds=self._rules.bound_cookie_seconds
            )
        mint = await self._hot.next_mint(session_id, at_least=max(last + 1, round(now * 1000)), now=now)
        await self._hot.count_signature(session_id, now=now, window_seconds=self._rules.signature_window_seconds)
        self._journal.proved(ProofRecord(session_id, now, mint))
        value = seal(BoundValue(session_id, mint, now, prefix), macs=self._macs)
        life = self._rules.bound_cookie_seconds
        return Proved(
            session_id=session_id,
            user_id=view.session.user_id,
            thumbprint=thumbprint,
            body=self._endpoints.instructions.body(session_id),
            set_cookies=(
                self._endpoints.bound.set_cookie(value, max_age_seconds=life),
                self._endpoints.fresh.set_cookie("", max_age_seconds=life),
            ),
            challenge_header=self._challenge_header(session_id),
        )

    def _challenge_header(self, session_id: str) -> str:
        return challenge_for(session_id, self._challenges.issue(purpose=REFRESH_PURPOSE, context=session_id))
