"""`boundgate.attestation.ports.AttestationStore` in SQL, and what it means for token families that begin.

Whoever writes holds the user's row first, so that an attestation and an acceptance come one after the other.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from boundgate.attestation.model import Attestation, Holder, KnownTpm
from boundgate.attestation.ports import Recorded, Standing
from boundgate.oauth.families import NOT_ATTESTED
from boundgate.oauth.ports import KeyStanding
from boundgate.storage.attestation_schema import attestations, endorsement_keys
from boundgate.storage.engine import Database
from boundgate.storage.finishing import finishing
from boundgate.storage.oauth_schema import families
from boundgate.storage.rows import reader, seconds, text
from boundgate.storage.sql import upsert
from boundgate.storage.user_rows import lock_user
from boundgate.terms import Provenance

NOT_ACCEPTED = "The key is in a TPM that its user has not accepted."

_LIVING = families.c.ended_at.is_(None)
_NOT_ATTESTED = families.c.provenance != Provenance.ATTESTED.value
_KEY = ("user_id", "client_id", "jkt")
_ITS_FAMILY = and_(*(families.c[name] == attestations.c[name] for name in _KEY))
_ACCEPTED = exists().where(
    endorsement_keys.c.user_id == attestations.c.user_id,
    endorsement_keys.c.ek_fingerprint == attestations.c.ek_fingerprint,
)
_WAITING = and_(~_ACCEPTED, exists().where(_ITS_FAMILY, _LIVING))


@finishing
class SqlAttestationStore:
    """Attestations and accepted endorsement keys as rows.

    Args:
        database: stays the caller's to close.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, attestation: Attestation, *, waiting: str) -> Recorded:
        holder = Holder(user_id=attestation.user_id, client_id=attestation.client_id, jkt=attestation.jkt)
        known, same = _tpm(attestation.user_id, attestation.ek_fingerprint)
        async with self._database.write() as connection:
            await lock_user(connection, attestation.user_id)
            if not await _any(connection, families, _families_of(holder)):
                return Recorded(Standing.GONE)
            waited = await _any(connection, attestations, same)
            row = asdict(attestation)
            new = upsert(connection, attestations).values(row)
            changed = {name: row[name] for name in row if name not in _KEY}
            await connection.execute(new.on_conflict_do_update(index_elements=list(_KEY), set_=changed))
            if await _any(connection, endorsement_keys, known):
                return Recorded(Standing.ATTESTED, await _raise(connection, _families_of(holder)))
            await _note(connection, holder, waiting)
            return Recorded(Standing.WAITED if waited else Standing.WAITS)

    async def refuse(self, holder: Holder, *, reason: str) -> None:
        async with self._database.write() as connection:
            if holder.user_id is not None:
                await lock_user(connection, holder.user_id)
            await _note(connection, holder, reason)

    async def waiting(self, user_id: str) -> list[Attestation]:
        query = select(attestations).where(attestations.c.user_id == user_id, _WAITING)
        async with self._database.read() as connection:
            return [
                _read_attestation(row) for row in await connection.execute(query.order_by(attestations.c.at.desc()))
            ]

    async def accept(self, user_id: str, ek_fingerprint: str, *, at: float) -> tuple[str, ...] | None:
        _, same = _tpm(user_id, ek_fingerprint)
        async with self._database.write() as connection:
            await lock_user(connection, user_id)
            maker = (await connection.execute(select(attestations.c.maker).where(same, _WAITING).limit(1))).scalar()
            if maker is None:
                return None
            new = {"user_id": user_id, "ek_fingerprint": ek_fingerprint, "maker": maker, "accepted_at": at}
            await connection.execute(insert(endorsement_keys).values(new))
            return await _raise(connection, and_(exists().where(_ITS_FAMILY, same), _LIVING))

    async def known(self, user_id: str) -> list[KnownTpm]:
        query = select(endorsement_keys).where(endorsement_keys.c.user_id == user_id)
        in_order = query.order_by(endorsement_keys.c.accepted_at, endorsement_keys.c.ek_fingerprint)
        async with self._database.read() as connection:
            return [_read_known(row) for row in await connection.execute(in_order)]

    async def forget(self, user_id: str, ek_fingerprint: str) -> bool:
        known, same = _tpm(user_id, ek_fingerprint)
        async with self._database.write() as connection:
            await lock_user(connection, user_id)
            gone = [delete(attestations).where(same), delete(endorsement_keys).where(known)]
            return sum([(await connection.execute(one)).rowcount for one in gone]) > 0

    async def forget_all(self, user_id: str) -> None:
        async with self._database.write() as connection:
            await lock_user(connection, user_id)
            for table in (attestations, endorsement_keys):
                await connection.execute(delete(table).where(table.c.user_id == user_id))

    async def standing(self, *, user_id: str | None, client_id: str, jkt: str) -> KeyStanding:
        """`boundgate.oauth.ports.Attestations`: what a family that begins with this key takes over."""
        if user_id is None:
            return KeyStanding(Provenance.SOFTWARE, NOT_ATTESTED)
        own = and_(attestations.c.user_id == user_id, attestations.c.client_id == client_id, attestations.c.jkt == jkt)
        async with self._database.read() as connection:
            accepted = (await connection.execute(select(_ACCEPTED).select_from(attestations).where(own))).scalar()
        if accepted is None:
            return KeyStanding(Provenance.SOFTWARE, NOT_ATTESTED)
        return KeyStanding(Provenance.ATTESTED, None) if accepted else KeyStanding(Provenance.SOFTWARE, NOT_ACCEPTED)

    async def prune(self, *, before: float) -> None:
        old = and_(attestations.c.at < before, ~exists().where(_ITS_FAMILY))
        async with self._database.write() as connection:
            await connection.execute(delete(attestations).where(old))


def _tpm(user_id: str, ek_fingerprint: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The user's row of this endorsement key, and the attestations that it made for the user."""
    known, made = (
        and_(table.c.user_id == user_id, table.c.ek_fingerprint == ek_fingerprint)
        for table in (endorsement_keys, attestations)
    )
    return known, made


def _families_of(holder: Holder) -> ColumnElement[bool]:
    whose = families.c.user_id.is_(None) if holder.user_id is None else families.c.user_id == holder.user_id
    return and_(whose, families.c.client_id == holder.client_id, families.c.jkt == holder.jkt, _LIVING)


async def _any(connection: AsyncConnection, table: Any, which: ColumnElement[bool]) -> bool:
    return bool(await connection.scalar(select(exists(select(table).where(which)))))


async def _raise(connection: AsyncConnection, which: ColumnElement[bool]) -> tuple[str, ...]:
    """Families that were not attested and are now."""
    due = and_(which, _NOT_ATTESTED)
    await _lock(connection, due)
    change = update(families).where(due).values(provenance=Provenance.ATTESTED.value, attestation=None)
    return tuple(sorted((await connection.execute(change.returning(families.c.id))).scalars()))


async def _note(connection: AsyncConnection, holder: Holder, reason: str) -> None:
    due = and_(_families_of(holder), _NOT_ATTESTED)
    await _lock(connection, due)
    await connection.execute(update(families).where(due).values(attestation=reason))


async def _lock(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    # In one order: two callers that change the same families must not wait for each other.
    query = select(families.c.id).where(which).order_by(families.c.id).with_for_update(key_share=True)
    await connection.execute(query)


def _attestation(row: Row[Any]) -> Attestation:
    return Attestation(
        user_id=text(row.user_id),
        client_id=text(row.client_id),
        jkt=text(row.jkt),
        ek_fingerprint=text(row.ek_fingerprint),
        maker=text(row.maker),
        at=seconds(row.at),
    )


def _known(row: Row[Any]) -> KnownTpm:
    return KnownTpm(
        user_id=text(row.user_id),
        ek_fingerprint=text(row.ek_fingerprint),
        maker=text(row.maker),
        accepted_at=seconds(row.accepted_at),
    )


_read_attestation = reader("attestation", _attestation)
_read_known = reader("endorsement key", _known)
