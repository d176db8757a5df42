"""Every implementation of every port. A further one needs a further parameter here, and no new test."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from boundgate.clock import system_random
from boundgate.sessions.ports import HotState
from boundgate.storage import (
    Database,
    MemoryHotState,
    SqlClientStore,
    SqlGrantStore,
    SqlPasskeyStore,
    SqlSessionStore,
    SqlUsageStore,
    ValkeyHotState,
    ValkeyLink,
    open_database,
)
from tests.contract.builders import ALICE, BOB, NOW, a_link, a_passkey, a_user
from tests.contract.oauth_builders import a_client
from tests.support.services import database_in


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'data' / 'boundgate.sqlite3'}"
        return
    async with database_in(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
async def databases(database_url: str) -> AsyncIterator[tuple[Database, Database]]:
    """One database, opened twice, as two processes do."""
    first, second = await open_database(database_url), await open_database(database_url)
    yield first, second
    await first.close()
    await second.close()


@pytest.fixture
def passkey_stores(databases: tuple[Database, Database]) -> tuple[SqlPasskeyStore, SqlPasskeyStore]:
    return SqlPasskeyStore(databases[0]), SqlPasskeyStore(databases[1])


@pytest.fixture
async def people(passkey_stores: tuple[SqlPasskeyStore, SqlPasskeyStore]) -> None:
    """Alice and Bob exist."""
    for user_id in (ALICE, BOB):
        await passkey_stores[0].create_user(a_user(user_id))


@pytest.fixture
async def enrolled(people: None, passkey_stores: tuple[SqlPasskeyStore, SqlPasskeyStore]) -> None:
    """Alice and Bob exist and have enrolled."""
    for user_id in (ALICE, BOB):
        link = a_link(f"first {user_id}", user_id)
        await passkey_stores[0].create_link(link)
        assert await passkey_stores[0].redeem_link(link.token_hash, a_passkey(user_id, user_id), now=NOW)


@pytest.fixture
def session_stores(databases: tuple[Database, Database], enrolled: None) -> tuple[SqlSessionStore, SqlSessionStore]:
    return SqlSessionStore(databases[0]), SqlSessionStore(databases[1])


@pytest.fixture
async def client_stores(databases: tuple[Database, Database], enrolled: None) -> tuple[SqlClientStore, SqlClientStore]:
    return SqlClientStore(databases[0]), SqlClientStore(databases[1])


@pytest.fixture
async def grant_stores(
    databases: tuple[Database, Database], client_stores: tuple[SqlClientStore, SqlClientStore]
) -> tuple[SqlGrantStore, SqlGrantStore]:
    """Alice has a client."""
    assert await client_stores[0].add_client(a_client())
    return SqlGrantStore(databases[0]), SqlGrantStore(databases[1])


@pytest.fixture
def usage_stores(databases: tuple[Database, Database]) -> tuple[SqlUsageStore, SqlUsageStore]:
    return SqlUsageStore(databases[0]), SqlUsageStore(databases[1])


@pytest.fixture(params=["memory", "valkey"])
async def hot_state(request: pytest.FixtureRequest) -> AsyncIterator[HotState]:
    if request.param == "memory":
        yield MemoryHotState(system_random)
        return
    link = ValkeyLink(request.getfixturevalue("valkey_url"), prefix=f"test-{secrets.token_hex(6)}")
    shared = ValkeyHotState(link, random=system_random)
    await shared.open()
    yield shared
    await link.aclose()
