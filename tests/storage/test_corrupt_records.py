"""Unreadable state is never absence: each damage is a `StorageUnavailable`."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.errors import StorageUnavailable
from boundgate.passkeys.model import Notice
from boundgate.storage import (
    Database,
    SqlClientStore,
    SqlGrantStore,
    SqlPasskeyStore,
    SqlSessionStore,
    SqlUsageStore,
    open_database,
)
from boundgate.storage.rows import blob, maybe, reader, seconds, text, whole, words
from boundgate.terms import EndReason
from tests.contract.builders import (
    ALICE,
    NOW,
    a_binding,
    a_call,
    a_link,
    a_passkey,
    a_session,
    a_user,
    an_event,
    an_offer,
    digest,
    put_passkey,
)
from tests.contract.oauth_builders import (
    CLIENT,
    a_client,
    a_code,
    a_consent,
    a_family,
    a_pushed,
    a_refresh,
    an_outside_link,
)

Look = Callable[[Database], Awaitable[Any]]


async def fill(database: Database) -> None:
    passkeys, sessions, usage = SqlPasskeyStore(database), SqlSessionStore(database), SqlUsageStore(database)
    await passkeys.create_user(a_user())
    await put_passkey(passkeys, a_passkey())
    await passkeys.create_link(a_link())
    await passkeys.add_notice(Notice(user_id=ALICE, at=NOW, text="notice"))
    await sessions.create(a_session(), an_offer(), ending=[], reason=EndReason.REPLACED)
    await sessions.bind(digest("offer s1"), a_binding(), now=NOW)
    await usage.write([a_call()], [an_event()])
    clients, grants = SqlClientStore(database), SqlGrantStore(database)
    await clients.add_client(a_client())
    await clients.put_pushed(a_pushed(), now=NOW, limit=10)
    await clients.record_consent(a_consent())
    await clients.add_outside_link(an_outside_link())
    await grants.put_code(a_code())
    await grants.redeem_code(digest("code"), a_family(), a_refresh(), now=NOW)


def look_at_session(database: Database) -> Awaitable[Any]:
    return SqlSessionStore(database).view("s1")


def look_at_login(database: Database) -> Awaitable[Any]:
    return SqlSessionStore(database).view_by_login(digest("login s1"))


def look_at_live(database: Database) -> Awaitable[Any]:
    return SqlSessionStore(database).live(ALICE, now=NOW, since_seen=0, since_created=0)


def look_at_user(database: Database) -> Awaitable[Any]:
    return SqlPasskeyStore(database).user(ALICE)


def look_at_passkey(database: Database) -> Awaitable[Any]:
    return SqlPasskeyStore(database).passkey(digest("credential laptop"))


def look_at_link(database: Database) -> Awaitable[Any]:
    return SqlPasskeyStore(database).open_link(digest("token"), now=NOW)


def look_at_notices(database: Database) -> Awaitable[Any]:
    return SqlPasskeyStore(database).notices(ALICE)


def look_at_calls(database: Database) -> Awaitable[Any]:
    return SqlUsageStore(database).calls()


def look_at_events(database: Database) -> Awaitable[Any]:
    return SqlUsageStore(database).events()


def look_at_client(database: Database) -> Awaitable[Any]:
    return SqlClientStore(database).client(CLIENT)


def look_at_pushed(database: Database) -> Awaitable[Any]:
    return SqlClientStore(database).pushed(digest("pushed"), now=NOW)


def look_at_consent(database: Database) -> Awaitable[Any]:
    return SqlClientStore(database).consents_of(ALICE)


def look_at_outside_link(database: Database) -> Awaitable[Any]:
    return SqlClientStore(database).outside_links_of(ALICE)


def look_at_code(database: Database) -> Awaitable[Any]:
    return SqlGrantStore(database).code(digest("code"))


def look_at_family(database: Database) -> Awaitable[Any]:
    return SqlGrantStore(database).family("family of code")


def look_at_refresh(database: Database) -> Awaitable[Any]:
    return SqlGrantStore(database).refresh_token(digest("refresh"))


DAMAGE: list[tuple[str, Look]] = [
    ("UPDATE sessions SET created_at = 'yesterday'", look_at_session),
    ("UPDATE sessions SET login_hash = 5", look_at_session),
    ("UPDATE sessions SET ended_at = 1, ended_reason = 'no such reason'", look_at_session),
    ("UPDATE sessions SET user_agent = x'ff'", look_at_login),
    ("UPDATE sessions SET user_agent = CAST(x'ff' AS TEXT)", look_at_session),
    ("UPDATE bindings SET provenance = 'no such provenance'", look_at_session),
    ("UPDATE bindings SET last_mint = 'many'", look_at_live),
    ("UPDATE bindings SET contested_at = x'00'", look_at_live),
    ("UPDATE users SET handle = 'text'", look_at_user),
    ("UPDATE passkeys SET transports = 'not json'", look_at_passkey),
    ("UPDATE passkeys SET transports = '[1]'", look_at_passkey),
    ("UPDATE passkeys SET public_key = 7", look_at_passkey),
    ("UPDATE links SET purpose = 'no such purpose'", look_at_link),
    ("UPDATE notices SET text = x'00'", look_at_notices),
    ("UPDATE calls SET cost_micro_usd = 1.5", look_at_calls),
    ("UPDATE calls SET provenance = ''", look_at_calls),
    ("UPDATE events SET count = 'lots'", look_at_events),
    ("UPDATE oauth_clients SET kind = 'bearer'", look_at_client),
    ("UPDATE oauth_clients SET redirect_uris = '{}'", look_at_client),
    ("UPDATE oauth_clients SET scopes = '[1]'", look_at_client),
    ("UPDATE oauth_requests SET parameters = '[]'", look_at_pushed),
    ("UPDATE oauth_requests SET parameters = '{\"state\":1}'", look_at_pushed),
    ("UPDATE oauth_codes SET code_challenge = x'00'", look_at_code),
    ("UPDATE oauth_codes SET used_at = 'once'", look_at_code),
    ("UPDATE oauth_families SET provenance = 'hardware'", look_at_family),
    ("UPDATE oauth_families SET jkt = x'00'", look_at_family),
    ("UPDATE oauth_families SET ended_at = 1, end_reason = 'no such reason'", look_at_family),
    ("UPDATE oauth_families SET last_proof_at = 'now'", look_at_refresh),
    ("UPDATE oauth_refresh_tokens SET number = 'first'", look_at_refresh),
    ("UPDATE oauth_refresh_tokens SET successor_hash = 7", look_at_refresh),
    ("UPDATE oauth_consents SET scope = 'chat'", look_at_consent),
    ("UPDATE oauth_outside_links SET linked_at = x'00'", look_at_outside_link),
]


@pytest.mark.parametrize(("statement", "look"), DAMAGE, ids=[statement for statement, _look in DAMAGE])
async def test_a_damaged_record_is_not_a_missing_one(
    database: Database, file: Path, statement: str, look: Look
) -> None:
    await fill(database)
    assert await look(database)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement)
    with pytest.raises(StorageUnavailable) as caught:
        await look(database)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("table", ["sessions", "users", "bindings"])
async def test_a_missing_table_is_not_a_missing_record(database: Database, file: Path, table: str) -> None:
    await fill(database)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(f"DROP TABLE {table}")
    with pytest.raises(StorageUnavailable):
        await look_at_session(database)


def overwrite_all_but_the_first_page(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(b"\xa5" * (size - 4096))


async def open_and_look(url: str) -> Any:
    database = await open_database(url)
    try:
        return await look_at_session(database)
    finally:
        await database.close()


async def test_overwritten_pages_are_not_missing_records(url: str, file: Path) -> None:
    database = await open_database(url)
    await fill(database)
    await database.close()
    overwrite_all_but_the_first_page(file)
    with pytest.raises(StorageUnavailable):
        await open_and_look(url)


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.lists(st.text())


@given(anything)
def test_readers_of_columns_raise_nothing_but_what_becomes_a_declared_error(value: object) -> None:
    for read in (text, blob, seconds, whole, words):
        checked = reader("record", lambda row, read=read: maybe(read, row))
        try:
            checked(value)
        except StorageUnavailable as error:
            assert "cannot reach its records" in str(error)  # noqa: PT017 - most values are fine for one reader
