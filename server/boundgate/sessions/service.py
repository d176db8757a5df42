"""Sign-ins: start, recognise, end."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from typing import Any

from boundgate.clock import Clock, RandomBytes, new_token
from boundgate.dbsc import (
    REGISTER_PURPOSE,
    BoundValue,
    Challenges,
    KnownMint,
    Macs,
    Standing,
    standing_of,
    unseal,
)
from boundgate.errors import AuthenticationError
from boundgate.sessions.cache import SessionCache
from boundgate.sessions.credential import Credential, has_ended, state_of
from boundgate.sessions.journal import Journal
from boundgate.sessions.model import Offer, Session, SessionView
from boundgate.sessions.ports import HotState, SessionStore
from boundgate.sessions.rules import SessionRules
from boundgate.terms import EndReason, Provenance, SessionState

_LOGIN_VALUE_CHARS = 43


@dataclass(frozen=True, slots=True)
class Started:
    """A new sign-in: what goes into the login cookie, and the two values of its offer."""

    session: Session
    login_value: str
    challenge: str
    authorization: str


class SessionService:
    """Who is signed in, by what right, and until when.

    Args:
        on_ended: told which sessions have just ended, so that what runs for them can be cut.
    """

    def __init__(
        self,
        *,
        store: SessionStore,
        hot: HotState,
        cache: SessionCache,
        journal: Journal,
        challenges: Challenges,
        macs: Macs,
        rules: SessionRules,
        clock: Clock,
        random: RandomBytes,
        on_ended: Callable[[Collection[str]], None],
    ) -> None:
        self._on_ended = on_ended
        self._ending: set[asyncio.Task[list[str]]] = set()
        self._store, self._hot, self._cache, self._journal = store, hot, cache, journal
        self._challenges, self._macs, self._rules = challenges, macs, rules
        self._clock, self._random = clock, random

    async def start(
        self,
        *,
        user_id: str,
        user_name: str,
        address: str,
        user_agent: str,
        login_value: str | None,
        bound_text: str | None,
    ) -> Started:
        """Sign a user in, and end every session that a cookie of the request names.

        Without that end, a browser would later refresh the oldest session and put the previous user's cookie back.

        Args:
            login_value, bound_text: the request's own cookies, valid or not.

        Raises:
            AuthenticationError: the user has been recovered since the assertion was made.
        """
        now, value, authorization = self._clock(), new_token(self._random), new_token(self._random)
        session = Session(
            id=new_token(self._random, size_bytes=16),
            user_id=user_id,
            user_name=user_name,
            login_hash=hash_value(value),
            created_at=now,
            last_seen_at=now,
            user_agent=user_agent[:256],
            address=address,
            offered_at=now,
        )
        offer = Offer(
            session_id=session.id,
            authorization_hash=hash_value(authorization),
            expires_at=now + self._rules.registration_seconds,
        )
        named = await self._named(login_value, bound_text)
        ended = await self._store.create(session, offer, ending=named, reason=EndReason.REPLACED)
        if ended is None:
            raise AuthenticationError("This passkey was removed just now. Use another one.", code="passkey_unknown")
        self._forget(ended)
        challenge = self._challenges.issue(purpose=REGISTER_PURPOSE, context=session.id)
        return Started(session, value, challenge, authorization)

    async def resolve(self, *, login_value: str | None, bound_text: str | None, prefix: bytes) -> Credential:
        """What a request's cookies are worth. The login cookie says who, the bound cookie proves it.

        A bound cookie without a login cookie (a program that was handed one) names its own session.

        Args:
            prefix: the network prefix that the request comes from.
        """
        now = self._clock()
        value = unseal(bound_text, macs=self._macs) if bound_text else None
        view = await self._view_by_login(login_value) if login_value else None
        signed_in = view is not None and not has_ended(view.session, self._rules, now)
        if view is None and value is not None:
            view = await self._cache.view(value.session_id)
        if view is None:
            return Credential(
                state=SessionState.SIGNED_OUT, standing=Standing.FORGED if bound_text else Standing.ABSENT
            )
        if value is not None and value.session_id != view.session.id:
            value = None
        standing = Standing.FORGED if bound_text and value is None else await self._standing(view, value, prefix)
        return Credential(
            state=state_of(view, standing, self._rules, now),
            view=view,
            standing=standing,
            value=value,
            signed_in=signed_in,
        )

    async def _standing(self, view: SessionView, value: BoundValue | None, prefix: bytes) -> Standing:
        if value is None or view.binding is None:
            return Standing.ABSENT
        return await standing_of(
            value,
            expected_prefix=prefix,
            known=KnownMint(view.binding.last_mint, view.binding.last_proof_at),
            ledger=self._hot,
            now=self._clock(),
            life_seconds=self._rules.bound_cookie_seconds,
            grace_seconds=self._rules.superseded_grace_seconds,
        )

    async def newer_mint_at(self, credential: Credential) -> float | None:
        """When a value newer than the presented one was minted, in Unix seconds; None where none was.

        Of a value that cannot be read nobody knows how old it is, so nothing counts as newer.
        """
        if credential.view is None or credential.standing is Standing.FORGED:
            return None
        newest = await self._hot.newest_mint_at(credential.view.session.id)
        presented = credential.value.minted_at if credential.value else float("-inf")
        # Values carry milliseconds; half of one keeps a value from counting as newer than itself.
        return newest if newest is not None and newest > presented + 0.0005 else None

    async def signatures(self, credential: Credential) -> int:
        """Proofs within the signature window that count against a browser's quota.

        An extension has none, and renews at half of the cookie's life: four in nine minutes are its ordinary life.
        """
        binding = credential.view.binding if credential.view else None
        if credential.view is None or binding is None or binding.provenance is Provenance.SOFTWARE:
            return 0
        return await self._hot.signatures(
            credential.view.session.id, now=self._clock(), window_seconds=self._rules.signature_window_seconds
        )

    def seen(self, credential: Credential) -> None:
        """Note that the owner's page or call used the session: idle time starts anew."""
        if credential.view is not None:
            self._journal.seen(credential.view.session.id, self._clock())

    def last_proof_at(self, view: SessionView | None) -> float | None:
        """When the session's key was last proved by anybody, in Unix seconds; None where there is no key."""
        if view is None or view.binding is None:
            return None
        stored = view.binding.last_proof_at
        return max(stored, self._journal.last_proof(view.session.id) or stored)

    def state_elsewhere(self, view: SessionView) -> SessionState:
        """The state of a session as seen from outside its own browser: by the age of its last proof."""
        now, proved_at = self._clock(), self.last_proof_at(view)
        recent = proved_at is not None and now - proved_at <= self._rules.bound_cookie_seconds
        return state_of(view, Standing.GOOD if recent else Standing.EXPIRED, self._rules, now)

    async def end(self, session_ids: Collection[str], reason: EndReason) -> list[str]:
        """End sessions; durable and in force when it returns. Returns the ids that this call ended."""
        return await self._to_its_end(self._store.end(session_ids, now=self._clock(), reason=reason), session_ids)

    async def end_user(self, user_id: str, reason: EndReason) -> list[str]:
        """End everything a user is signed in with."""
        return await self._to_its_end(self._store.end_user(user_id, now=self._clock(), reason=reason))

    async def live(self, user_id: str) -> list[SessionView]:
        """A user's running sessions, newest first."""
        now = self._clock()
        return await self._store.live(
            user_id,
            now=now,
            since_seen=now - self._rules.login_idle_seconds,
            since_created=now - self._rules.login_seconds,
        )

    async def _to_its_end(self, work: Coroutine[Any, Any, list[str]], also: Collection[str] = ()) -> list[str]:
        """Store an end and put it in force, also where whoever asked for it hangs up in between."""

        async def end() -> list[str]:
            ended = await work
            self._forget({*ended, *also})
            return ended

        task = asyncio.create_task(end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return await asyncio.shield(task)

    def _forget(self, ended: Collection[str]) -> None:
        self._cache.forget(ended)
        self._on_ended(ended)

    async def prune(self, *, before: float) -> int:
        """Forget sessions that began before that time; they have long ended. Returns how many."""
        return await self._store.prune(before=before)

    async def _named(self, login_value: str | None, bound_text: str | None) -> set[str]:
        named = set()
        if login_value and (view := await self._view_by_login(login_value)):
            named.add(view.session.id)
        if bound_text and (value := unseal(bound_text, macs=self._macs)):
            named.add(value.session_id)
        return named

    async def _view_by_login(self, login_value: str) -> SessionView | None:
        if len(login_value) != _LOGIN_VALUE_CHARS:
            return None
        return await self._cache.view_by_login(hash_value(login_value))


def hash_value(value: str) -> bytes:
    """SHA-256 of a random value; enough for 256 bits of entropy, and all that is kept of it."""
    return hashlib.sha256(value.encode()).digest()
