"""Registration and refresh: the DBSC protocol joined to this server's records."""

from __future__ import annotations

from boundgate.clock import Clock
from boundgate.dbsc import (
    KeyedSession,
    KnownMint,
    Macs,
    ProofRefused,
    PublicKey,
    Renewal,
    Renewals,
    SessionEnded,
    SessionUnknown,
    load_public_key,
    unseal,
)
from boundgate.errors import Conflict
from boundgate.sessions.cache import SessionCache
from boundgate.sessions.cookies import BOUND, read_cookies
from boundgate.sessions.credential import Credential, has_ended
from boundgate.sessions.journal import Journal
from boundgate.sessions.model import Binding, ProofRecord, SessionView
from boundgate.sessions.ports import BindOutcome, SessionStore
from boundgate.sessions.rules import SessionRules
from boundgate.sessions.service import hash_value
from boundgate.terms import Provenance


class BindingService:
    """Takes keys and proofs; gives cookies that live for minutes."""

    def __init__(
        self,
        *,
        store: SessionStore,
        cache: SessionCache,
        journal: Journal,
        renewals: Renewals,
        macs: Macs,
        rules: SessionRules,
        clock: Clock,
    ) -> None:
        self._store, self._cache, self._journal, self._renewals = store, cache, journal, renewals
        self._macs, self._rules, self._clock = macs, rules, clock

    async def register(
        self, proof: str, *, prefix: bytes, client: str | None = None, cookies: str | None = None
    ) -> Renewal:
        """Bind the key of a registration proof to the sign-in whose offer it answers (DBSC §8.7).

        The offer is found by its one-time `authorization`, not by a cookie: a return from another site has none.
        A proof that fails leaves the offer as it was.

        Args:
            client: what a client that is not the browser itself calls itself: its key is recorded as `software`.
            cookies: the request's `Cookie`.

        Raises:
            ProofMalformed, KeyRefused, ProofRefused, ChallengeStale.
            Conflict: the session has its key already; another one marks it contested, unless it comes from an
                extension in the browser that registered the first.
        """
        verified = self._renewals.verify_registration(proof)
        if not verified.authorization:
            raise ProofRefused('The proof has no "authorization" of an offer.')
        authorization_hash = hash_value(verified.authorization)
        session_id = await self._store.offer_session(authorization_hash)
        if session_id is None:
            raise ProofRefused("No offer has this authorization.")
        self._renewals.check_registration_challenge(verified.challenge, context=session_id)
        beside_first = client is not None and self._brings_bound_cookie(cookies, session_id)
        await self._bind(authorization_hash, session_id, verified.key, client=client, contesting=not beside_first)
        self._cache.forget([session_id])
        return self._proved(await self._renewals.first(_keyed(await self._living(session_id)), prefix=prefix))

    def _brings_bound_cookie(self, cookies: str | None, session_id: str) -> bool:
        """Whether a request comes from the jar that the session's first key filled: no page and no sibling can plant
        that cookie. Whoever was first from elsewhere has it in a jar of his own, and is contested."""
        text = read_cookies([cookies]).get(BOUND.name) if cookies else None
        value = unseal(text, macs=self._macs) if text else None
        return value is not None and value.session_id == session_id

    async def _bind(
        self, authorization_hash: bytes, session_id: str, key: PublicKey, *, client: str | None, contesting: bool
    ) -> None:
        now = self._clock()
        binding = Binding(
            session_id=session_id,
            algorithm=key.algorithm,
            jwk=key.jwk,
            thumbprint=key.thumbprint,
            provenance=Provenance.BROWSER if client is None else Provenance.SOFTWARE,
            bound_at=now,
            last_proof_at=now,
            last_mint=0,
        )
        outcome = await self._store.bind(authorization_hash, binding, now=now, contesting=contesting)
        if outcome is BindOutcome.NO_OFFER:
            raise ProofRefused("The offer has expired or its session has ended; sign in again.")
        if outcome is BindOutcome.OTHER_KEY:
            self._cache.forget([session_id])
            raise Conflict("This session already has another key; the first one counts.", code="second_key")
        if outcome is BindOutcome.SAME_KEY:
            raise Conflict("This key was registered with this offer before.", code="already_registered")

    async def refresh(self, session_id: str, proof: str, *, prefix: bytes) -> Renewal:
        """Renew the cookies of a session against a proof by its key (DBSC §8.8).

        Raises:
            SessionUnknown: no such bound session; SessionEnded: it has ended.
            ProofMalformed, ProofRefused, ChallengeStale: nothing changed; the owner is not touched.
        """
        view = await self._living(session_id)
        renewal = await self._renewals.refresh(_keyed(view), proof, prefix=prefix)
        # An end that came while the proof was checked wins over the late refresh.
        if not self._cache.holds(view):
            await self._living(session_id)
        return self._proved(renewal)

    async def challenge(self, session_id: str) -> str:
        """A `Secure-Session-Challenge` value for a living bound session. Stores nothing.

        Raises:
            SessionUnknown, SessionEnded.
        """
        await self._living(session_id)
        return self._renewals.challenge_header(session_id)

    def challenge_ahead(self, credential: Credential) -> str | None:
        """A challenge for an ordinary answer to a request with a good bound cookie; None where none is needed.

        Past half of the cookie's life the browser will soon refresh. The challenge that it holds may be void by then,
        as after the hot state started empty; with this one the refresh takes one round trip all the same (DBSC §8.2).
        """
        age = credential.proof_age_seconds(self._clock())
        if age is None or credential.view is None or age <= self._rules.bound_cookie_seconds / 2:
            return None
        return self._renewals.challenge_header(credential.view.session.id)

    def ended(self, session_id: str) -> bytes:
        """The instructions that end a session in the browser."""
        return self._renewals.ended(session_id)

    def _proved(self, renewal: Renewal) -> Renewal:
        self._journal.proved(ProofRecord(renewal.session_id, renewal.proved_at, renewal.mint))
        return renewal

    async def _living(self, session_id: str) -> SessionView:
        view = await self._cache.view(session_id)
        if view is None or view.binding is None:
            raise SessionUnknown("There is no such bound session here; sign in again.")
        if has_ended(view.session, self._rules, self._clock()):
            raise SessionEnded("This session has ended; sign in again.")
        return view


def _keyed(view: SessionView) -> KeyedSession:
    binding = view.binding
    assert binding is not None
    return KeyedSession(
        view.session.id,
        view.session.user_id,
        load_public_key(binding.jwk, algorithm=binding.algorithm),
        KnownMint(binding.last_mint, binding.last_proof_at),
    )
