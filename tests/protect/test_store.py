"""What every store owes: one contract, three implementations."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from boundgate.errors import StorageUnavailable
from boundgate.protect import SqlStore, Store, dbsc_table
from boundgate.protect.store import BoundKey, ProofNote, Record, Registration, app_hash, shown

NOW = 1_800_000_000.0
ALICE = app_hash("session of alice")
BOB = app_hash("session of bob")


def a_key(number: int = 1) -> BoundKey:
    return BoundKey(
        id=f"id-{number}",
        algorithm="ES256",
        jwk=f'{{"number":{number}}}',
        thumbprint=f"thumbprint-{number}",
        bound_at=NOW,
        last_proof_at=NOW,
        last_mint=0,
    )


async def bound(store: Store, hashed: bytes = ALICE, number: int = 1, user: str | None = "alice") -> BoundKey:
    key = a_key(number)
    assert await store.register(hashed, user=user, key=key) is Registration.BOUND
    return key


async def test_what_was_never_bound_is_none(store: Store) -> None:
    assert await store.find(ALICE) is None
    assert await store.find_by_id("id-1") is None


async def test_a_binding_is_found_by_either_id_and_by_another_process(stores: tuple[Store, Store]) -> None:
    key = await bound(stores[0])
    for store in stores:
        expected = Record(app_hash=ALICE, user="alice", key=key, ended_at=None)
        assert await store.find(ALICE) == expected
        assert await store.find_by_id(key.id) == expected


async def test_the_first_key_wins_and_the_second_changes_nothing(store: Store) -> None:
    key = await bound(store)
    assert await store.register(ALICE, user="mallory", key=a_key(2)) is Registration.OTHER_KEY
    found = await store.find(ALICE)
    assert found is not None
    assert (found.key, found.user) == (key, "alice")
    assert await store.find_by_id("id-2") is None


async def test_the_same_key_again_is_told_apart(store: Store) -> None:
    key = await bound(store)
    assert await store.register(ALICE, user="alice", key=replace(key, id="id-9")) is Registration.SAME_KEY


async def test_of_fifty_registrations_at_once_exactly_one_wins(stores: tuple[Store, Store]) -> None:
    outcomes = await asyncio.gather(
        *(stores[number % 2].register(ALICE, user="alice", key=a_key(number)) for number in range(50))
    )
    assert sorted(outcomes) == sorted([Registration.BOUND, *[Registration.OTHER_KEY] * 49])
    found = await stores[1].find(ALICE)
    assert found is not None
    assert found.key == a_key(outcomes.index(Registration.BOUND))


async def test_two_sessions_do_not_meet(store: Store) -> None:
    await bound(store)
    await bound(store, BOB, 2, "bob")
    await store.end(ALICE, now=NOW)
    found = await store.find(BOB)
    assert found is not None
    assert found.ended_at is None


async def test_an_end_is_seen_by_everybody_and_told_once(stores: tuple[Store, Store]) -> None:
    key = await bound(stores[0])
    assert await stores[0].end(ALICE, now=NOW + 1)
    assert not await stores[1].end(ALICE, now=NOW + 2)
    assert await stores[1].find(ALICE) == Record(app_hash=ALICE, user="alice", key=key, ended_at=NOW + 1)


async def test_an_end_before_the_registration_voids_it(store: Store) -> None:
    assert await store.end(ALICE, now=NOW)
    assert await store.register(ALICE, user="alice", key=a_key()) is Registration.ENDED
    assert await store.find(ALICE) == Record(app_hash=ALICE, user=None, key=None, ended_at=NOW)
    assert await store.find_by_id("id-1") is None


async def test_an_ended_session_takes_no_key(store: Store) -> None:
    await bound(store)
    await store.end(ALICE, now=NOW)
    for number in (1, 2):
        assert await store.register(ALICE, user="alice", key=a_key(number)) is Registration.ENDED


async def test_an_end_among_registrations_leaves_it_ended(stores: tuple[Store, Store]) -> None:
    work = [stores[number % 2].register(ALICE, user="alice", key=a_key(number)) for number in range(10)]
    outcomes = await asyncio.gather(*work[:5], stores[1].end(ALICE, now=NOW), *work[5:])
    assert outcomes.count(Registration.BOUND) <= 1
    found = await stores[0].find(ALICE)
    assert found is not None
    assert found.ended_at == NOW


async def test_of_many_ends_at_once_one_did_it(stores: tuple[Store, Store]) -> None:
    await bound(stores[0])
    assert (await asyncio.gather(*(stores[n % 2].end(ALICE, now=NOW + n) for n in range(20)))).count(True) == 1


async def test_all_sessions_of_a_user_end_and_no_others(store: Store) -> None:
    second = app_hash("another session of alice")
    await bound(store)
    await bound(store, second, 2)
    await bound(store, BOB, 3, "bob")
    assert sorted(await store.end_user("alice", now=NOW)) == sorted([ALICE, second])
    assert await store.end_user("alice", now=NOW) == []
    found = await store.find(BOB)
    assert found is not None
    assert found.ended_at is None


async def test_proofs_advance_and_never_go_back(store: Store) -> None:
    key = await bound(store)
    await store.record_proofs([ProofNote(id=key.id, proved_at=NOW + 5, mint=9)])
    await store.record_proofs([ProofNote(id=key.id, proved_at=NOW + 2, mint=4)])
    found = await store.find(ALICE)
    assert found is not None
    assert found.key == replace(key, last_proof_at=NOW + 5, last_mint=9)


async def test_a_late_proof_makes_and_revives_nothing(store: Store) -> None:
    key = await bound(store)
    await store.end(ALICE, now=NOW + 1)
    await store.record_proofs([])
    await store.record_proofs([ProofNote(id=name, proved_at=NOW + 5, mint=9) for name in ("nobody", key.id)])
    found = await store.find(ALICE)
    assert found is not None
    assert (found.key, found.ended_at) == (key, NOW + 1)
    assert await store.find_by_id("nobody") is None


async def test_pruning_forgets_what_is_long_over_and_nothing_else(store: Store) -> None:
    await bound(store)
    await bound(store, BOB, 2, "bob")
    await store.record_proofs([ProofNote(id="id-2", proved_at=NOW + 100, mint=1)])
    ended = app_hash("ended")
    await store.end(ended, now=NOW)
    assert await store.prune(ended_before=NOW, proved_before=NOW) == 0
    assert await store.prune(ended_before=NOW + 1, proved_before=NOW + 1) == 2
    assert await store.find(ALICE) is None
    assert await store.find_by_id("id-1") is None
    assert await store.find(ended) is None
    assert await store.find(BOB) is not None


async def test_any_text_for_a_user_does(store: Store) -> None:
    await bound(store, user="zoë \0 \ud800 'x\" " + "y" * 200)
    assert await store.find(ALICE) is not None


async def test_a_session_without_a_user_is_not_everybodys(store: Store) -> None:
    await bound(store, user=None)
    assert await store.end_user("", now=NOW) == []


async def test_opening_twice_does_no_harm(stores: tuple[Store, Store]) -> None:
    await asyncio.gather(*(store.open() for store in stores for _ in range(4)))
    await bound(stores[0])


async def test_an_applications_own_engine_and_migration_serve_as_well(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'own.sqlite3'}")
    metadata = MetaData()
    dbsc_table(metadata, name="bound")
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    store = SqlStore(engine, create=False, table="bound")
    await bound(store)
    await store.close()
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM bound"))).scalar_one() == 1
    await engine.dispose()


async def test_a_table_of_before_gets_the_columns_that_it_lacks_and_keeps_its_rows(stores: tuple[Store, Store]) -> None:
    first, second = stores
    if not isinstance(first, SqlStore):
        return
    before, client = await bound(first), replace(a_key(2), client="extension/1")
    async with first._engine.begin() as connection:
        await connection.execute(text("ALTER TABLE dbsc_sessions DROP COLUMN client"))
    third = SqlStore(first._engine)
    await asyncio.gather(third.open(), second.open())
    assert await third.register(BOB, user="bob", key=client) is Registration.BOUND
    found = [await second.find(hashed) for hashed in (ALICE, BOB)]
    assert [record and record.key for record in found] == [before, client]


async def test_a_damaged_row_is_no_absence(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite+aiosqlite:///{tmp_path / 'own.sqlite3'}")
    await bound(store)
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'own.sqlite3'}")
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE dbsc_sessions SET last_mint = 'junk'"))
    await engine.dispose()
    with pytest.raises(StorageUnavailable):
        await store.find(ALICE)
    await store.close()


async def test_a_missing_table_is_no_absence(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite+aiosqlite:///{tmp_path / 'own.sqlite3'}", create=False)
    with pytest.raises(StorageUnavailable):
        await store.find(ALICE)
    await store.close()


def test_a_database_that_cannot_be_understood_is_said_at_once() -> None:
    with pytest.raises(StorageUnavailable):
        SqlStore("mysql://somewhere")
    with pytest.raises(StorageUnavailable):
        SqlStore("not a url")


def test_the_hash_of_an_id_shows_nothing_of_it_and_fits_any_text() -> None:
    assert app_hash("a") != app_hash("b")
    assert len(app_hash("\ud800")) == 32
    assert shown(ALICE) == ALICE.hex()[:16]
