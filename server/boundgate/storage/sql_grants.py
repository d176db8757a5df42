"""`boundgate.oauth.ports.GrantStore` in SQL; the port says what each method owes.

Whoever changes a family's chain holds its row first, so that its steps come one after the other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from boundgate.oauth.model import Code, Family, FamilyEnd, FamilyProof, RefreshToken, RefreshView
from boundgate.oauth.ports import CodeOutcome, RotationOutcome
from boundgate.storage.engine import Database
from boundgate.storage.family_rows import end_families, hold_client
from boundgate.storage.finishing import finishing
from boundgate.storage.oauth_rows import REFRESH_VIEWS, as_row, read_code, read_family, read_refresh_view
from boundgate.storage.oauth_schema import assertions, clients, codes, families, refresh_tokens, requests
from boundgate.storage.sql import greater_of
from boundgate.storage.user_rows import has_passkey, lock_user
from boundgate.terms import Provenance

LINKS_KEPT = 5_000
"""Of one chain. At the pace of access tokens more than two weeks, which is how long a refresh token lives; whoever
refreshes all the time forgets the oldest ones earlier, and fills no disk."""
FORGET_EACH = 100

_LIVING = families.c.ended_at.is_(None)
_RECORD_PROOF = (
    update(families)
    .where(families.c.id == bindparam("proved_id"), _LIVING)
    .values(last_proof_at=greater_of(families.c.last_proof_at, "proved_at"))
)


@finishing
class SqlGrantStore:
    """Codes, families and refresh tokens as rows.

    Args:
        database: stays the caller's to close.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_code(self, code: Code) -> bool:
        async with self._database.write() as connection:
            await lock_user(connection, code.user_id)
            # A recovery that came between the touch and this call must win.
            if not await has_passkey(connection, code.user_id) or not await hold_client(connection, code.client_id):
                return False
            await connection.execute(insert(codes).values(as_row(code)))
            return True

    async def code(self, code_hash: bytes) -> Code | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(codes).where(codes.c.code_hash == code_hash))).one_or_none()
        return None if row is None else read_code(row)

    async def redeem_code(
        self, code_hash: bytes, family: Family, refresh: RefreshToken | None, *, now: float
    ) -> CodeOutcome:
        own = codes.c.code_hash == code_hash
        async with self._database.write() as connection:
            if not await hold_client(connection, family.client_id):
                return CodeOutcome.UNKNOWN
            row = (await connection.execute(select(codes).where(own).with_for_update())).one_or_none()
            code = None if row is None else read_code(row)
            if code is None or code.family_id != family.id:
                return CodeOutcome.UNKNOWN
            if code.used_at is not None:
                await end_families(connection, families.c.id == code.family_id, at=now, reason=FamilyEnd.CODE_REUSED)
                return CodeOutcome.USED
            if code.expires_at <= now:
                return CodeOutcome.UNKNOWN
            await connection.execute(update(codes).where(own).values(used_at=now))
            await connection.execute(insert(families).values(as_row(family)))
            if refresh is not None:
                await connection.execute(insert(refresh_tokens).values(as_row(refresh)))
            return CodeOutcome.REDEEMED

    async def service_family(self, family: Family) -> Family | None:
        same = and_(
            families.c.client_id == family.client_id,
            families.c.jkt == family.jkt,
            families.c.user_id.is_(None),
            _LIVING,
        )
        async with self._database.write() as connection:
            hold = select(clients.c.seq).where(clients.c.id == family.client_id).with_for_update(key_share=True)
            if (await connection.execute(hold)).one_or_none() is None:
                return None
            row = (await connection.execute(select(families).where(same))).one_or_none()
            if row is not None:
                return read_family(row)
            await connection.execute(insert(families).values(as_row(family)))
            return family

    async def family(self, family_id: str) -> Family | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(families).where(families.c.id == family_id))).one_or_none()
        return None if row is None else read_family(row)

    async def refresh_token(self, token_hash: bytes) -> RefreshView | None:
        query = REFRESH_VIEWS.where(refresh_tokens.c.token_hash == token_hash)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else read_refresh_view(row)

    async def rotate(
        self, token_hash: bytes, successor: RefreshToken, *, now: float, again_seconds: float
    ) -> RotationOutcome:
        async with self._database.write() as connection:
            hold = select(families.c.seq).where(families.c.id == successor.family_id).with_for_update(key_share=True)
            await connection.execute(hold)
            query = REFRESH_VIEWS.where(refresh_tokens.c.token_hash == token_hash)
            row = (await connection.execute(query)).one_or_none()
            view = None if row is None else read_refresh_view(row)
            if view is None or view.family.id != successor.family_id or view.token.expires_at <= now:
                return RotationOutcome.UNKNOWN
            if view.family.ended_at is not None:
                return RotationOutcome.ENDED
            if view.token.used_at is None:
                await _succeed(connection, view.token, successor, now)
                await connection.execute(_RECORD_PROOF, {"proved_id": view.family.id, "proved_at": now})
                return RotationOutcome.ROTATED
            if now - view.token.used_at > again_seconds:
                one = families.c.id == view.family.id
                await end_families(connection, one, at=now, reason=FamilyEnd.REFRESH_REUSED)
                return RotationOutcome.REUSED
            return await _again(connection, view.token, successor, now)

    async def record_proofs(self, proofs: Sequence[FamilyProof]) -> None:
        if not proofs:
            return
        # Two batches that lock the same rows in one order never wait for each other.
        rows = [
            {"proved_id": proof.family_id, "proved_at": proof.proved_at}
            for proof in sorted(proofs, key=lambda proof: proof.family_id)
        ]
        async with self._database.write() as connection:
            await connection.execute(_RECORD_PROOF, rows)

    async def set_provenance(
        self, *, user_id: str | None, client_id: str, jkt: str, provenance: Provenance, attestation: str | None
    ) -> list[str]:
        whose = families.c.user_id.is_(None) if user_id is None else families.c.user_id == user_id
        which = and_(families.c.client_id == client_id, families.c.jkt == jkt, whose, _LIVING)
        async with self._database.write() as connection:
            change = update(families).where(which).values(provenance=provenance.value, attestation=attestation)
            return sorted((await connection.execute(change.returning(families.c.id))).scalars())

    async def end(self, family_ids: Collection[str], *, now: float, reason: FamilyEnd) -> list[str]:
        if not family_ids:
            return []
        async with self._database.write() as connection:
            return await end_families(connection, families.c.id.in_(family_ids), at=now, reason=reason)

    async def end_user(self, user_id: str, *, now: float, reason: FamilyEnd) -> list[str]:
        async with self._database.write() as connection:
            await lock_user(connection, user_id)
            # First the codes: one that is being used just now is waited for, and its family found below.
            await connection.execute(delete(codes).where(codes.c.user_id == user_id, codes.c.used_at.is_(None)))
            return await end_families(connection, families.c.user_id == user_id, at=now, reason=reason)

    async def live(self, user_id: str, *, now: float, since_proof: float) -> list[Family]:
        renewable = exists().where(
            refresh_tokens.c.family_id == families.c.id,
            refresh_tokens.c.used_at.is_(None),
            refresh_tokens.c.expires_at > now,
        )
        query = (
            select(families)
            .where(families.c.user_id == user_id, _LIVING, or_(renewable, families.c.last_proof_at > since_proof))
            .order_by(families.c.created_at.desc(), families.c.seq.desc())
        )
        async with self._database.read() as connection:
            return [read_family(row) for row in await connection.execute(query)]

    async def prune(self, *, now: float, before: float) -> int:
        renewable = exists().where(refresh_tokens.c.family_id == families.c.id, refresh_tokens.c.expires_at > now)
        over: ColumnElement[bool] = or_(
            families.c.ended_at < before,
            and_(_LIVING, families.c.last_proof_at < before, families.c.created_at < before, ~renewable),
        )
        async with self._database.write() as connection:
            await connection.execute(delete(requests).where(requests.c.expires_at <= now))
            await connection.execute(delete(assertions).where(assertions.c.expires_at <= now))
            gone = sorted((await connection.execute(select(families.c.id).where(over))).scalars())
            await _forget(connection, gone)
            # A used code is kept as long as its family: a second use must find what to end.
            unused = codes.c.used_at.is_(None) & (codes.c.expires_at <= now)
            orphaned = codes.c.used_at.is_not(None) & ~exists().where(families.c.id == codes.c.family_id)
            await connection.execute(delete(codes).where(or_(unused, orphaned)))
            # An expired token is refused like an unknown one, so nothing is lost with it.
            await connection.execute(delete(refresh_tokens).where(refresh_tokens.c.expires_at <= now))
        return len(gone)


async def _succeed(connection: AsyncConnection, token: RefreshToken, successor: RefreshToken, now: float) -> None:
    """`successor` takes the place of `token`, which nobody may use any more."""
    own = refresh_tokens.c.token_hash == token.token_hash
    new = replace(successor, number=token.number + 1)
    used: dict[str, Any] = {"used_at": now, "successor_hash": new.token_hash}
    await connection.execute(update(refresh_tokens).where(own).values(used))
    await connection.execute(insert(refresh_tokens).values(as_row(new)))
    if new.number % FORGET_EACH == 0:
        old = (refresh_tokens.c.family_id == new.family_id) & (refresh_tokens.c.number < new.number - LINKS_KEPT)
        await connection.execute(delete(refresh_tokens).where(old))


async def _again(
    connection: AsyncConnection, token: RefreshToken, successor: RefreshToken, now: float
) -> RotationOutcome:
    query = REFRESH_VIEWS.where(refresh_tokens.c.token_hash == token.successor_hash)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return RotationOutcome.UNKNOWN
    live = read_refresh_view(row).token
    if live.used_at is not None:
        return RotationOutcome.PASSED_ON
    if live.token_hash != successor.token_hash:
        await _succeed(connection, live, successor, now)
        own = refresh_tokens.c.token_hash == token.token_hash
        await connection.execute(update(refresh_tokens).where(own).values(successor_hash=successor.token_hash))
    return RotationOutcome.AGAIN


async def _forget(connection: AsyncConnection, family_ids: list[str]) -> None:
    for start in range(0, len(family_ids), 500):
        some = family_ids[start : start + 500]
        await connection.execute(delete(refresh_tokens).where(refresh_tokens.c.family_id.in_(some)))
        await connection.execute(delete(families).where(families.c.id.in_(some)))
