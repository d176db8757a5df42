"""What several writers of token families do alike."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from boundgate.oauth.model import FamilyEnd
from boundgate.storage.oauth_schema import clients, families


async def end_families(
    connection: AsyncConnection, which: ColumnElement[bool], *, at: float, reason: FamilyEnd
) -> list[str]:
    """End those that have not ended; returns their ids."""
    living = families.c.ended_at.is_(None)
    # Locked in one order first: two callers that end the same families must not wait for each other.
    lock = select(families.c.id).where(which, living).order_by(families.c.id).with_for_update(key_share=True)
    await connection.execute(lock)
    end = update(families).where(which, living).values(ended_at=at, end_reason=reason.value).returning(families.c.id)
    return sorted((await connection.execute(end)).scalars())


async def hold_client(connection: AsyncConnection, client_id: str) -> bool:
    """Whether there is such a client; it is not removed until the transaction is over."""
    query = select(clients.c.seq).where(clients.c.id == client_id).with_for_update(read=True, key_share=True)
    return (await connection.execute(query)).one_or_none() is not None
