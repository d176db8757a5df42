"""A correct server for one origin, made of `boundgate.dbsc` and a few dictionaries: what is proven is the library."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any

from boundgate.dbsc import (
    REGISTER_PURPOSE,
    BoundCredential,
    Challenges,
    EndpointAnswer,
    EndpointRequest,
    Instructions,
    KeyedSession,
    KnownMint,
    ProofEndpoints,
    ProofRefused,
    Renewal,
    RenewalRules,
    Renewals,
    SessionEnded,
    SessionUnknown,
    answer_refresh,
    answer_registration,
)
from boundgate.dbsc.federation import Voucher, accept_only
from boundgate.dbsc.offers import Offer, registration_offers
from boundgate.errors import Conflict
from boundgate.storage.memory_hot import MemoryHotState
from e2e.lab.site import Site
from e2e.lab.wire import REGISTRATION, Answer, Seen, page
from tests.support.keys import StaticMacs

BOUND, FRESH = BoundCredential("__Host-bound"), BoundCredential("__Host-fresh")
REGISTER, REFRESH = "/dbsc/register", "/dbsc/refresh"
SECONDS = 400
NOBODY = ""


class LibraryServer:
    """Signs in whoever asks for `/login`, and binds that session.

    Args:
        site: where it answers.
        instructions: what the browser is told; a session of the origin with two cookies by default.
        credentials: the bound cookie and the empty one.
        algorithms: offered.
        voucher: makes it a relying party, which takes the provider's key and no other.
    """

    def __init__(
        self,
        site: Site,
        *,
        instructions: Instructions | None = None,
        credentials: tuple[BoundCredential, BoundCredential] = (BOUND, FRESH),
        algorithms: Sequence[str] = ("ES256", "RS256"),
        voucher: Voucher | None = None,
    ) -> None:
        self.site, self._algorithms, self._voucher = site, algorithms, voucher
        self.instructions = instructions or Instructions(
            origin=site.origin, refresh_path=REFRESH, excluded_paths=("/static",), credentials=credentials
        )
        self.answers: list[EndpointAnswer] = []
        self.sessions: dict[str, KeyedSession | None] = {}
        self.ended_ids: set[str] = set()
        self._offers: dict[str, str] = {}
        ledger, macs = MemoryHotState(secrets.token_bytes), StaticMacs()
        self._challenges = Challenges(macs=macs, used=ledger, clock=time.time, random=secrets.token_bytes)
        self.renewals = Renewals(
            ledger=ledger,
            challenges=self._challenges,
            macs=macs,
            endpoints=ProofEndpoints(
                registration_url=site.url(REGISTER),
                refresh_url=site.url(REFRESH),
                bound=credentials[0],
                fresh=credentials[1],
                instructions=self.instructions,
            ),
            rules=RenewalRules(
                bound_cookie_seconds=SECONDS,
                challenge_seconds=2 * SECONDS,
                registration_seconds=60,
                signature_window_seconds=540,
            ),
            clock=time.time,
        )
        site.on("/login", self.sign_in)
        # A refresh comes from the session's origin, a registration from the page that carried the offer.
        origins = {site.origin, self.instructions.origin}
        site.on(REGISTER, self._answering(answer_registration, origins))
        site.on(REFRESH, self._answering(answer_refresh, origins))

    def sign_in(self, _: Seen) -> Answer:
        """A page with an offer for a new session."""
        return page(self.offer())

    def offer(self, *, vouched: bool = True) -> tuple[str, str]:
        """An offer for a new session, as a header field; the voucher can be left out of it."""
        session_id, authorization = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self.sessions[session_id] = None
        self._offers[authorization] = session_id
        offer = Offer(
            algorithms=self._algorithms,
            path=REGISTER,
            challenge=self._challenges.issue(purpose=REGISTER_PURPOSE, context=session_id),
            authorization=authorization,
            voucher=self._voucher if vouched else None,
        )
        return REGISTRATION, registration_offers(offer)

    async def register(self, proof: str, *, prefix: bytes, client: str | None, cookies: str | None) -> Renewal:
        """As `boundgate.dbsc.BoundSessions` says. The first key counts."""
        del client, cookies
        verified = self.renewals.verify_registration(proof)
        if self._voucher is not None:
            accept_only(verified.key, expected_thumbprint=self._voucher.key_thumbprint)
        session_id = self._offers.get(verified.authorization or "")
        if session_id is None:
            raise ProofRefused("No offer has this authorization.")
        self.renewals.check_registration_challenge(verified.challenge, context=session_id)
        if self.sessions[session_id] is not None:
            raise Conflict("This session already has another key; the first one counts.", code="second_key")
        session = self.sessions[session_id] = KeyedSession(session_id, NOBODY, verified.key, KnownMint(0, 0.0))
        return await self.renewals.first(session, prefix=prefix)

    async def refresh(self, session_id: str, proof: str, *, prefix: bytes) -> Renewal:
        return await self.renewals.refresh(self._living(session_id), proof, prefix=prefix)

    async def challenge(self, session_id: str) -> str:
        return self.renewals.challenge_header(self._living(session_id).id)

    def ended(self, session_id: str) -> bytes:
        return self.renewals.ended(session_id)

    def _living(self, session_id: str) -> KeyedSession:
        session = self.sessions.get(session_id)
        if session is None:
            raise SessionUnknown("There is no such session.")
        if session_id in self.ended_ids:
            raise SessionEnded("This session has ended.")
        return session

    def outcomes(self, kind: str) -> list[str]:
        """How requests of a kind (`dbsc.register`, `dbsc.refresh`, `dbsc.challenge`) ended, oldest first."""
        return [answer.outcome for answer in self.answers if answer.kind == kind]

    def _answering(
        self, endpoint: Callable[..., Coroutine[Any, Any, EndpointAnswer]], origins: Collection[str]
    ) -> Callable[[Seen], Answer]:
        def answer(seen: Seen) -> Answer:
            found = asyncio.run(endpoint(_read(seen), sessions=self, prefix=b"", expected_origins=origins))
            self.answers.append(found)
            headers = tuple((name.decode(), value.decode()) for name, value in found.headers)
            return Answer(found.status, headers, found.body)

        return answer


def _read(seen: Seen) -> EndpointRequest:
    return EndpointRequest(
        proof=seen.proof,
        session_id=seen.session_id,
        origin=seen.headers.get("origin"),
        fetch_mode=seen.headers.get("sec-fetch-mode"),
        fetch_site=seen.headers.get("sec-fetch-site"),
    )
