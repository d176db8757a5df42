"""`boundgate.passkeys.ports.PasskeyStore` in SQL; the port says what each method owes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from sqlalchemy import Row, Select, and_, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from boundgate.passkeys.model import EnrolmentLink, Notice, Passkey, User
from boundgate.storage.engine import Database
from boundgate.storage.finishing import finishing
from boundgate.storage.passkey_rows import read_link, read_notice, read_passkey, read_user
from boundgate.storage.schema import links, notices, passkeys, users
from boundgate.storage.sql import upsert
from boundgate.storage.user_rows import has_passkey, lock_user

NOTICES_MAX = 20
_IN_ORDER = (passkeys.c.created_at, passkeys.c.seq)

Record = TypeVar("Record")


@finishing
class SqlPasskeyStore:
    """Users, passkeys, links and notices as rows.

    Args:
        database: stays the caller's to close.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def has_passkeys(self) -> bool:
        async with self._database.read() as connection:
            return bool(await connection.scalar(select(exists().where(users.c.enrolled_at.is_not(None)))))

    async def user(self, user_id: str) -> User | None:
        return await self._one(select(users).where(users.c.id == user_id), read_user)

    async def user_by_name(self, name: str) -> User | None:
        return await self._one(select(users).where(users.c.name == name), read_user)

    async def users(self) -> list[User]:
        return await self._all(select(users).order_by(users.c.created_at, users.c.seq), read_user)

    async def create_user(self, user: User) -> bool:
        async with self._database.write() as connection:
            new = upsert(connection, users).values(asdict(user)).on_conflict_do_nothing(index_elements=[users.c.name])
            return (await connection.execute(new)).rowcount == 1

    async def passkey(self, credential_id: bytes) -> Passkey | None:
        return await self._one(select(passkeys).where(passkeys.c.credential_id == credential_id), read_passkey)

    async def passkeys_of(self, user_id: str) -> list[Passkey]:
        return await self._all(select(passkeys).where(passkeys.c.user_id == user_id).order_by(*_IN_ORDER), read_passkey)

    async def create_link(self, link: EnrolmentLink) -> None:
        async with self._database.write() as connection:
            await lock_user(connection, link.user_id)
            await _close_links(connection, link.user_id)
            await connection.execute(insert(links).values(asdict(link) | {"open": True}))

    async def open_link(self, token_hash: bytes, *, now: float) -> EnrolmentLink | None:
        query = select(links).where(links.c.token_hash == token_hash, links.c.open, links.c.expires_at > now)
        return await self._one(query, read_link)

    async def redeem_link(self, token_hash: bytes, passkey: Passkey, *, now: float) -> bool:
        async with self._database.write() as connection:
            await lock_user(connection, passkey.user_id)
            taken = await connection.execute(
                update(links)
                .where(
                    links.c.token_hash == token_hash,
                    links.c.user_id == passkey.user_id,
                    links.c.open,
                    links.c.expires_at > now,
                )
                .values(open=False)
            )
            if taken.rowcount == 1 and await _add(connection, passkey):
                return True
            await connection.rollback()
            return False

    async def add_passkey(self, passkey: Passkey) -> bool:
        async with self._database.write() as connection:
            await lock_user(connection, passkey.user_id)
            return await has_passkey(connection, passkey.user_id) and await _add(connection, passkey)

    async def remove_passkey(self, user_id: str, credential_id: bytes) -> bool:
        async with self._database.write() as connection:
            await lock_user(connection, user_id)
            own = select(func.count()).select_from(passkeys).where(passkeys.c.user_id == user_id)
            if (await connection.execute(own)).scalar_one() < 2:
                return False
            one = and_(passkeys.c.user_id == user_id, passkeys.c.credential_id == credential_id)
            return (await connection.execute(delete(passkeys).where(one))).rowcount == 1

    async def remove_all(self, user_id: str) -> int:
        async with self._database.write() as connection:
            await lock_user(connection, user_id)
            await _close_links(connection, user_id)
            return (await connection.execute(delete(passkeys).where(passkeys.c.user_id == user_id))).rowcount

    async def record_use(self, credential_id: bytes, *, sign_count: int, backed_up: bool, at: float) -> bool:
        # WebAuthn §7.2 step 22: a count that is zero on both sides says nothing; any other must grow.
        grows = passkeys.c.sign_count < sign_count if sign_count else passkeys.c.sign_count == 0
        used = (
            update(passkeys)
            .where(passkeys.c.credential_id == credential_id, grows)
            .values(sign_count=sign_count, backed_up=backed_up, last_used_at=at)
        )
        async with self._database.write() as connection:
            return (await connection.execute(used)).rowcount == 1

    async def add_notice(self, notice: Notice) -> None:
        async with self._database.write() as connection:
            await connection.execute(insert(notices).values(asdict(notice)))

    async def notices(self, user_id: str) -> list[Notice]:
        newest = select(notices).where(notices.c.user_id == user_id).order_by(notices.c.at.desc(), notices.c.seq.desc())
        return await self._all(newest.limit(NOTICES_MAX), read_notice)

    async def _one(self, query: Select[Any], read: Callable[[Row[Any]], Record]) -> Record | None:
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else read(row)

    async def _all(self, query: Select[Any], read: Callable[[Row[Any]], Record]) -> list[Record]:
        async with self._database.read() as connection:
            return [read(row) for row in await connection.execute(query)]


async def _close_links(connection: AsyncConnection, user_id: str) -> None:
    await connection.execute(update(links).where(links.c.user_id == user_id, links.c.open).values(open=False))


async def _add(connection: AsyncConnection, passkey: Passkey) -> bool:
    row = asdict(passkey) | {"transports": json.dumps(passkey.transports)}
    new = upsert(connection, passkeys).values(row).on_conflict_do_nothing(index_elements=[passkeys.c.credential_id])
    if (await connection.execute(new)).rowcount != 1:
        return False
    first = update(users).where(users.c.id == passkey.user_id, users.c.enrolled_at.is_(None))
    await connection.execute(first.values(enrolled_at=passkey.created_at))
    return True
