"""What the writers of one user's passkeys, links and sessions agree on."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from boundgate.storage.schema import passkeys, users


async def lock_user(connection: AsyncConnection, user_id: str) -> None:
    """Let them go one by one until the transaction is over. SQLite has only one writer anyway."""
    await connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update(key_share=True))


async def has_passkey(connection: AsyncConnection, user_id: str) -> bool:
    """Whether the user has one now; after a recovery, not before the next enrolment."""
    query = select(passkeys.c.seq).where(passkeys.c.user_id == user_id).limit(1)
    return (await connection.execute(query)).one_or_none() is not None
