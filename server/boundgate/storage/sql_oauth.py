"""Clients and what waits for one use, in SQL: the ports of `boundgate.oauth` say what each method owes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import Row, Select, and_, delete, func, insert, or_, select, update

from boundgate.oauth.model import Client, Consent, FamilyEnd, OutsideLink, Pushed
from boundgate.storage.engine import Database
from boundgate.storage.family_rows import end_families
from boundgate.storage.finishing import finishing
from boundgate.storage.oauth_rows import as_row, read_client, read_consent, read_outside_link, read_pushed
from boundgate.storage.oauth_schema import assertions, clients, codes, consents, families, outside_links, requests
from boundgate.storage.sql import upsert
from boundgate.storage.user_rows import lock_user

_IN_ORDER = (clients.c.created_at, clients.c.seq)

FORGOTTEN_AT_ONCE = 100

Record = TypeVar("Record")


@finishing
class SqlClientStore:
    """`RecordStore`: clients, waiting requests, used assertions, consents and outside links as rows.

    Args:
        database: stays the caller's to close.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def client(self, client_id: str) -> Client | None:
        return await self._one(select(clients).where(clients.c.id == client_id), read_client)

    async def clients(self) -> list[Client]:
        return await self._all(select(clients).order_by(*_IN_ORDER), read_client)

    async def clients_of(self, owner_id: str) -> list[Client]:
        return await self._all(select(clients).where(clients.c.owner_id == owner_id).order_by(*_IN_ORDER), read_client)

    async def add_client(self, client: Client, *, limit: int | None = None) -> bool:
        async with self._database.write() as connection:
            if limit is not None and client.owner_id is not None:
                await lock_user(connection, client.owner_id)
                owned = select(func.count()).select_from(clients).where(clients.c.owner_id == client.owner_id)
                if (await connection.scalar(owned) or 0) >= limit:
                    return False
            new = upsert(connection, clients).values(as_row(client))
            return (await connection.execute(new.on_conflict_do_nothing(index_elements=[clients.c.id]))).rowcount == 1

    async def publish_client(self, client_id: str, *, published: bool, now: float) -> list[str] | None:
        async with self._database.write() as connection:
            own = select(clients.c.owner_id).where(clients.c.id == client_id).with_for_update()
            found = (await connection.execute(own)).one_or_none()
            if found is None:
                return None
            await connection.execute(update(clients).where(clients.c.id == client_id).values(published=published))
            if published:
                return []
            # NULL is a service, or an owner that is no user. The two are never the same.
            user_id, owner_id = families.c.user_id, found.owner_id
            strangers = or_(user_id.is_(None), user_id.is_distinct_from(owner_id))
            ends = and_(families.c.client_id == client_id, strangers)
            return await end_families(connection, ends, at=now, reason=FamilyEnd.CLIENT_UNPUBLISHED)

    async def remove_client(self, client_id: str, *, now: float) -> list[str] | None:
        async with self._database.write() as connection:
            # Whoever issues or redeems for this client holds the row too: none of it comes after its end.
            own = select(clients.c.seq).where(clients.c.id == client_id).with_for_update()
            if (await connection.execute(own)).one_or_none() is None:
                return None
            for table in (requests, codes, consents):
                await connection.execute(delete(table).where(table.c.client_id == client_id))
            ended = await end_families(
                connection, families.c.client_id == client_id, at=now, reason=FamilyEnd.CLIENT_REMOVED
            )
            await connection.execute(delete(clients).where(clients.c.id == client_id))
            return ended

    async def put_pushed(self, pushed: Pushed, *, now: float, limit: int) -> bool:
        async with self._database.write() as connection:
            # Anybody may push: what waits is about what came within one life. Rows that somebody else holds are left,
            # so that no two callers wait for each other.
            over = select(requests.c.uri_hash).where(requests.c.expires_at <= now).limit(FORGOTTEN_AT_ONCE)
            await connection.execute(
                delete(requests).where(requests.c.uri_hash.in_(over.with_for_update(skip_locked=True)))
            )
            waiting = select(requests.c.uri_hash).limit(limit).subquery()
            if (await connection.scalar(select(func.count()).select_from(waiting)) or 0) >= limit:
                return False
            await connection.execute(insert(requests).values(as_row(pushed)))
            return True

    async def pushed(self, uri_hash: bytes, *, now: float) -> Pushed | None:
        waiting = (requests.c.uri_hash == uri_hash) & (requests.c.expires_at > now)
        return await self._one(select(requests).where(waiting), read_pushed)

    async def take_pushed(self, uri_hash: bytes, *, now: float) -> Pushed | None:
        async with self._database.write() as connection:
            take = delete(requests).where(requests.c.uri_hash == uri_hash).returning(*requests.c)
            row = (await connection.execute(take)).one_or_none()
        pushed = None if row is None else read_pushed(row)
        return pushed if pushed and pushed.expires_at > now else None

    async def first_use(self, assertion_hash: bytes, *, expires_at: float) -> bool:
        async with self._database.write() as connection:
            new = upsert(connection, assertions).values(assertion_hash=assertion_hash, expires_at=expires_at)
            return (await connection.execute(new.on_conflict_do_nothing())).rowcount == 1

    async def consents_of(self, user_id: str) -> list[Consent]:
        query = select(consents).where(consents.c.user_id == user_id)
        return await self._all(query.order_by(consents.c.given_at.desc(), consents.c.client_id), read_consent)

    async def consent(self, user_id: str, client_id: str) -> Consent | None:
        own = (consents.c.user_id == user_id) & (consents.c.client_id == client_id)
        return await self._one(select(consents).where(own), read_consent)

    async def record_consent(self, consent: Consent) -> None:
        own = (consents.c.user_id == consent.user_id) & (consents.c.client_id == consent.client_id)
        async with self._database.write() as connection:
            await lock_user(connection, consent.user_id)
            row = (await connection.execute(select(consents).where(own))).one_or_none()
            before = read_consent(row).scope if row is not None else frozenset[str]()
            values = as_row(replace(consent, scope=before | consent.scope))
            new = upsert(connection, consents).values(values)
            await connection.execute(
                new.on_conflict_do_update(
                    index_elements=[consents.c.user_id, consents.c.client_id],
                    set_={"scope": new.excluded.scope, "given_at": new.excluded.given_at},
                )
            )

    async def forget_consent(self, user_id: str, client_id: str) -> bool:
        own = (consents.c.user_id == user_id) & (consents.c.client_id == client_id)
        async with self._database.write() as connection:
            return (await connection.execute(delete(consents).where(own))).rowcount == 1

    async def outside_link(self, issuer: str, subject: str) -> OutsideLink | None:
        own = (outside_links.c.issuer == issuer) & (outside_links.c.subject == subject)
        return await self._one(select(outside_links).where(own), read_outside_link)

    async def outside_links_of(self, user_id: str) -> list[OutsideLink]:
        query = select(outside_links).where(outside_links.c.user_id == user_id)
        return await self._all(query.order_by(outside_links.c.linked_at, outside_links.c.issuer), read_outside_link)

    async def add_outside_link(self, link: OutsideLink) -> bool:
        async with self._database.write() as connection:
            new = upsert(connection, outside_links).values(as_row(link)).on_conflict_do_nothing()
            return (await connection.execute(new)).rowcount == 1

    async def remove_outside_link(self, user_id: str, issuer: str, subject: str) -> bool:
        own = (outside_links.c.issuer == issuer) & (outside_links.c.subject == subject)
        async with self._database.write() as connection:
            drop = delete(outside_links).where(own, outside_links.c.user_id == user_id)
            return (await connection.execute(drop)).rowcount == 1

    async def _one(self, query: Select[Any], read: Callable[[Row[Any]], Record]) -> Record | None:
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else read(row)

    async def _all(self, query: Select[Any], read: Callable[[Row[Any]], Record]) -> list[Record]:
        async with self._database.read() as connection:
            return [read(row) for row in await connection.execute(query)]
