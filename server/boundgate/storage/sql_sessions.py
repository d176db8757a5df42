"""`boundgate.sessions.ports.SessionStore` in SQL; the port says what each method owes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from boundgate.sessions.model import Binding, Offer, ProofRecord, Session, SessionView
from boundgate.sessions.ports import BindOutcome
from boundgate.storage.engine import Database
from boundgate.storage.finishing import finishing
from boundgate.storage.schema import bindings, offers, sessions
from boundgate.storage.session_rows import VIEWS, read_view
from boundgate.storage.sql import greater_of
from boundgate.storage.user_rows import has_passkey, lock_user
from boundgate.terms import EndReason

_LIVE = sessions.c.ended_at.is_(None)
_RECORD_PROOF = (
    update(bindings)
    .where(
        bindings.c.session_id == bindparam("proved_id"),
        exists().where(sessions.c.id == bindings.c.session_id, _LIVE),
    )
    .values(
        last_proof_at=greater_of(bindings.c.last_proof_at, "proved_at"),
        last_mint=greater_of(bindings.c.last_mint, "mint"),
    )
)
_RECORD_SEEN = (
    update(sessions)
    .where(sessions.c.id == bindparam("seen_id"))
    .values(last_seen_at=greater_of(sessions.c.last_seen_at, "seen_at"))
)


@finishing
class SqlSessionStore:
    """Sign-ins, offers and bindings as rows.

    Args:
        database: stays the caller's to close.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, session: Session, offer: Offer, *, ending: Collection[str], reason: EndReason
    ) -> list[str] | None:
        row = asdict(session)
        del row["user_name"]  # the users table has it
        async with self._database.write() as connection:
            await lock_user(connection, session.user_id)
            if not await has_passkey(connection, session.user_id):
                return None
            ended = await _end(connection, sessions.c.id.in_(ending), session.created_at, reason) if ending else []
            await connection.execute(insert(sessions).values(row))
            await connection.execute(insert(offers).values(asdict(offer)))
        return ended

    async def view(self, session_id: str) -> SessionView | None:
        return await self._one(VIEWS.where(sessions.c.id == session_id))

    async def view_by_login(self, login_hash: bytes) -> SessionView | None:
        return await self._one(VIEWS.where(sessions.c.login_hash == login_hash))

    async def offer_session(self, authorization_hash: bytes) -> str | None:
        query = select(offers.c.session_id).where(offers.c.authorization_hash == authorization_hash)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def bind(
        self, authorization_hash: bytes, binding: Binding, *, now: float, contesting: bool = True
    ) -> BindOutcome:
        async with self._database.write() as connection:
            if not await _lock_offered(connection, authorization_hash, binding.session_id, now):
                return BindOutcome.NO_OFFER
            own = bindings.c.session_id == binding.session_id
            bound = (await connection.execute(select(bindings.c.thumbprint).where(own))).scalar_one_or_none()
            if bound is None:
                await connection.execute(insert(bindings).values(asdict(binding)))
                return BindOutcome.BOUND
            if bound == binding.thumbprint:
                return BindOutcome.SAME_KEY
            if contesting:
                await connection.execute(update(bindings).where(own).values(contested_at=now))
            return BindOutcome.OTHER_KEY

    async def record_proofs(self, proofs: Sequence[ProofRecord]) -> None:
        if not proofs:
            return
        rows = [{"proved_id": proof.session_id, "proved_at": proof.proved_at, "mint": proof.mint} for proof in proofs]
        async with self._database.write() as connection:
            await connection.execute(_RECORD_PROOF, _in_one_order(rows, "proved_id"))

    async def record_seen(self, seen: Sequence[tuple[str, float]]) -> None:
        if not seen:
            return
        rows = [{"seen_id": session_id, "seen_at": at} for session_id, at in seen]
        async with self._database.write() as connection:
            await connection.execute(_RECORD_SEEN, _in_one_order(rows, "seen_id"))

    async def end(self, session_ids: Collection[str], *, now: float, reason: EndReason) -> list[str]:
        if not session_ids:
            return []
        async with self._database.write() as connection:
            return await _end(connection, sessions.c.id.in_(session_ids), now, reason)

    async def end_user(self, user_id: str, *, now: float, reason: EndReason) -> list[str]:
        async with self._database.write() as connection:
            return await _end(connection, sessions.c.user_id == user_id, now, reason)

    async def prune(self, *, before: float) -> int:
        old = select(sessions.c.id).where(sessions.c.created_at < before)
        async with self._database.write() as connection:
            for table in (offers, bindings):
                await connection.execute(delete(table).where(table.c.session_id.in_(old)))
            return (await connection.execute(delete(sessions).where(sessions.c.created_at < before))).rowcount

    async def live(self, user_id: str, *, now: float, since_seen: float, since_created: float) -> list[SessionView]:
        del now  # whatever this node's clock says, what has ended has ended
        query = VIEWS.where(
            sessions.c.user_id == user_id,
            _LIVE,
            sessions.c.last_seen_at > since_seen,
            sessions.c.created_at > since_created,
        ).order_by(sessions.c.created_at.desc(), sessions.c.id.desc())
        async with self._database.read() as connection:
            return [read_view(row) for row in await connection.execute(query)]

    async def _one(self, query: Select[Any]) -> SessionView | None:
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else read_view(row)


async def _lock_offered(connection: AsyncConnection, authorization_hash: bytes, session_id: str, now: float) -> bool:
    """Whether the offer can be taken. Until the transaction is over nobody else ends or binds its session."""
    query = (
        select(sessions.c.id)
        .join(offers, offers.c.session_id == sessions.c.id)
        .where(
            offers.c.authorization_hash == authorization_hash,
            offers.c.expires_at > now,
            sessions.c.id == session_id,
            _LIVE,
        )
        .with_for_update(key_share=True, of=sessions)
    )
    return (await connection.execute(query)).one_or_none() is not None


async def _end(connection: AsyncConnection, which: ColumnElement[bool], at: float, reason: EndReason) -> list[str]:
    # Locked in one order first: two callers that end the same sessions must not wait for each other.
    lock = select(sessions.c.id).where(which, _LIVE).order_by(sessions.c.id).with_for_update(key_share=True)
    await connection.execute(lock)
    end = update(sessions).where(which, _LIVE).values(ended_at=at, ended_reason=reason.value).returning(sessions.c.id)
    return sorted((await connection.execute(end)).scalars())


def _in_one_order(rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    # Two batches that lock the same rows in one order never wait for each other.
    return sorted(rows, key=lambda row: str(row[key]))
