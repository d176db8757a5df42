"""Proofs in, fresh cookies out: the part of a registration and of a refresh that every server has in common."""

from __future__ import annotations

from dataclasses import dataclass

from boundgate.clock import Clock
from boundgate.dbsc.challenge import Challenges, Macs
from boundgate.dbsc.cookie import BoundValue, seal
from boundgate.dbsc.credentials import BoundCredential
from boundgate.dbsc.errors import ChallengeStale
from boundgate.dbsc.headers import challenge_for
from boundgate.dbsc.instructions import Instructions
from boundgate.dbsc.ledger import KnownMint, Ledger, ValidChallenge
from boundgate.dbsc.leniency import LENIENT, Leniencies
from boundgate.dbsc.lives import Lives
from boundgate.dbsc.proof import RegistrationProof, verify_refresh_proof, verify_registration_proof
from boundgate.jose.jwk import PublicKey

REGISTER_PURPOSE = "dbsc.register"
REFRESH_PURPOSE = "dbsc.refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofEndpoints:
    """Where the browser posts proofs, as it sees them, and the cookies that proofs renew."""

    registration_url: str
    refresh_url: str
    bound: BoundCredential
    """Holds the sealed value."""
    fresh: BoundCredential
    """Holds nothing; a demand for proof expires it."""
    instructions: Instructions


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalRules(Lives):
    """How long things last, in seconds. Raises ConfigurationError as `Lives` does."""

    signature_window_seconds: float = 540
    """Over which a session's signatures are counted: that of Chromium's own quota."""


@dataclass(frozen=True, slots=True)
class KeyedSession:
    """A session as far as a refresh needs it."""

    id: str
    user: str
    key: PublicKey
    newest: KnownMint
    """Of the durable record, which may lag behind the ledger."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """The answer to an accepted proof: 200, this body, these `Set-Cookie` values, this next challenge.

    An empty body leaves the browser's instructions as they are.
    """

    session_id: str
    user: str
    mint: int
    proved_at: float
    """Unix seconds, millisecond precision."""
    signatures: int
    """Of this session within the window."""
    body: bytes
    set_cookies: tuple[str, ...]
    challenge_header: str


class Renewals:
    """Verifies proofs and mints cookies. Keeps nothing: sessions are the caller's, proofs are the ledger's.

    Args:
        ledger: asked once per renewal.
        challenges: issued over the same ledger.
        macs: seal the cookies.
        clock: injected.
        leniencies: which older shapes of proofs are taken.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        challenges: Challenges,
        macs: Macs,
        endpoints: ProofEndpoints,
        rules: RenewalRules,
        clock: Clock,
        leniencies: Leniencies = LENIENT,
    ) -> None:
        self._ledger, self._challenges, self._macs = ledger, challenges, macs
        self._endpoints, self._rules, self._clock = endpoints, rules, clock
        self._leniencies, self._since = leniencies, clock()
        self._fresh = endpoints.fresh.set_cookie("", max_age_seconds=rules.bound_cookie_seconds)

    def verify_registration(self, proof: str) -> RegistrationProof:
        """Verify a registration proof (DBSC §8.7). Its challenge is checked by `check_registration_challenge`.

        Raises:
            ProofMalformed, KeyRefused, ProofRefused.
        """
        return verify_registration_proof(
            proof=proof, expected_audience=self._endpoints.registration_url, leniencies=self._leniencies
        )

    def check_registration_challenge(self, challenge: str, *, context: str) -> None:
        """Whether the challenge is the offer's. It is not used up: the offer itself is what can be taken once.

        Raises:
            ChallengeStale
        """
        life = self._rules.registration_seconds
        if not self._challenges.check(challenge, purpose=REGISTER_PURPOSE, context=context, max_age_seconds=life):
            raise ChallengeStale("The offer's challenge is not this offer's, or has expired; sign in again.")

    async def first(self, session: KeyedSession, *, prefix: bytes) -> Renewal:
        """The first cookies of a session whose key has just been registered, from network `prefix`."""
        renewal = await self._renew(session, None, prefix)
        assert renewal is not None, "without a challenge nothing can have been used before"
        return renewal

    async def refresh(self, session: KeyedSession, proof: str, *, prefix: bytes) -> Renewal:
        """Renew the cookies of a living session against a proof by its key (DBSC §8.8).

        The caller asks once more whether the session lives before it sends the cookies: an end that came while the
        proof was checked must win.

        Args:
            prefix: the network that the proof came from; the new value is good from there only.

        Raises:
            ProofMalformed, ProofRefused, ChallengeStale: nothing changed; the owner is not touched.
        """
        verified = verify_refresh_proof(
            proof=proof,
            expected_key=session.key,
            expected_audience=self._endpoints.refresh_url,
            leniencies=self._leniencies,
        )
        challenge = self._challenges.check(
            verified.challenge,
            purpose=REFRESH_PURPOSE,
            context=session.id,
            max_age_seconds=self._rules.challenge_seconds,
        )
        renewal = await self._renew(session, challenge, prefix) if challenge else None
        if renewal is None:
            raise ChallengeStale("The challenge is unknown, used or expired; sign the one in this answer.")
        return renewal

    def challenge_header(self, session_id: str) -> str:
        """A `Secure-Session-Challenge` value for a session. Stores nothing."""
        return challenge_for(session_id, self._challenges.issue(purpose=REFRESH_PURPOSE, context=session_id))

    def ended(self, session_id: str) -> bytes:
        """The body that ends a session in the browser (DBSC §9.2, `continue`)."""
        return self._endpoints.instructions.ended(session_id)

    async def _renew(self, session: KeyedSession, challenge: ValidChallenge | None, prefix: bytes) -> Renewal | None:
        now, newest, life = round(self._clock(), 3), session.newest, self._rules.bound_cookie_seconds
        minted = await self._ledger.prove(
            session.id,
            challenge=challenge,
            at_least=max(newest.mint + 1, round(now * 1000)),
            known=newest if newest.mint else None,
            now=now,
            window_seconds=self._rules.signature_window_seconds,
            keep_seconds=life,
        )
        if minted is None:
            return None
        value = seal(BoundValue(session.id, minted.mint, now, prefix), macs=self._macs)
        # DBSC §8.8: an empty body changes nothing. What the browser was told since these instructions are in force, by
        # a registration or by the first refresh after a start, it need not be told again.
        told = challenge is not None and newest.at >= self._since
        return Renewal(
            session_id=session.id,
            user=session.user,
            mint=minted.mint,
            proved_at=now,
            signatures=minted.signatures,
            body=b"" if told else self._endpoints.instructions.body(session.id),
            set_cookies=(
                self._endpoints.bound.set_cookie(value, max_age_seconds=life),
                self._fresh,
            ),
            challenge_header=self.challenge_header(session.id),
        )
