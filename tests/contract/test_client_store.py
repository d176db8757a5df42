"""What `ClientStore`, `RequestStore`, `AssertionStore`, `ConsentStore` and `OutsideLinkStore` promise."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from boundgate.oauth.model import ClientKind, FamilyEnd
from boundgate.oauth.ports import RecordStore
from boundgate.storage import SqlGrantStore
from tests.contract.builders import ALICE, BOB, NOW, digest
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

LIMIT = 1_000
JUNK = ["", "s", "CLIENT-1", "client-1 ", "client-1\0", "\ud800", "x" * 100_000, "' OR 1=1 --"]


@pytest.fixture
def store(client_stores: tuple[RecordStore, RecordStore]) -> RecordStore:
    return client_stores[0]


async def test_a_client_comes_back_as_it_was_stored(store: RecordStore) -> None:
    service = a_client(
        "service",
        kind=ClientKind.CONFIDENTIAL,
        owner_id=None,
        published=True,
        redirect_uris=(),
        jwks=('{"crv":"P-256"}',),
        grants=frozenset({"client_credentials"}),
    )
    assert await store.add_client(a_client())
    assert await store.add_client(service)
    assert await store.client(CLIENT) == a_client()
    assert await store.client("service") == service
    assert await store.clients() == [a_client(), service]
    assert await store.clients_of(ALICE) == [a_client()]
    assert await store.clients_of(BOB) == []


@pytest.mark.parametrize("unknown", JUNK)
async def test_unknown_ids_are_no_record(store: RecordStore, unknown: str) -> None:
    await store.add_client(a_client())
    raw = unknown.encode("utf-8", "replace")
    assert await store.client(unknown) is None
    assert await store.pushed(raw, now=NOW) is None
    assert await store.take_pushed(raw, now=NOW) is None
    assert await store.remove_client(unknown, now=NOW) is None
    assert await store.publish_client(unknown, published=True, now=NOW) is None
    assert await store.outside_link(unknown, unknown) is None
    assert await store.consent(unknown, unknown) is None


async def test_a_taken_id_changes_nothing(store: RecordStore) -> None:
    assert await store.add_client(a_client())
    assert not await store.add_client(a_client(name="another", owner_id=BOB))
    assert await store.client(CLIENT) == a_client()


async def test_of_many_registrations_at_once_no_more_than_the_limit_are_kept(
    client_stores: tuple[RecordStore, RecordStore],
) -> None:
    added = await asyncio.gather(
        *(client_stores[number % 2].add_client(a_client(f"c{number}"), limit=3) for number in range(12))
    )
    assert added.count(True) == 3
    assert len(await client_stores[0].clients_of(ALICE)) == 3
    assert await client_stores[0].add_client(a_client("of bob", owner_id=BOB), limit=3)


async def test_publishing_changes_only_that(store: RecordStore) -> None:
    await store.add_client(a_client())
    assert await store.publish_client(CLIENT, published=True, now=NOW) == []
    assert await store.client(CLIENT) == replace(a_client(), published=True)
    assert await store.publish_client(CLIENT, published=False, now=NOW) == []
    assert await store.client(CLIENT) == a_client()


async def test_a_client_that_is_no_longer_published_keeps_the_families_of_its_owner_alone(
    store: RecordStore, grant_stores: tuple[SqlGrantStore, SqlGrantStore]
) -> None:
    grants = grant_stores[0]
    await store.add_client(replace(a_client(), published=True))
    for name, user_id in (("owner's", ALICE), ("bob's", BOB)):
        code = replace(a_code(name), user_id=user_id)
        assert await grants.put_code(code)
        family = replace(a_family(), id=code.family_id, user_id=user_id)
        refresh = replace(a_refresh(), family_id=code.family_id, token_hash=digest(f"refresh {name}"))
        await grants.redeem_code(digest(name), family, refresh, now=NOW)
    ended = await store.publish_client(CLIENT, published=False, now=NOW + 1)
    assert ended == [a_code("bob's").family_id]
    kept, gone = [await grants.family(a_code(name).family_id) for name in ("owner's", "bob's")]
    assert kept is not None
    assert kept.ended_at is None
    assert gone is not None
    assert gone.end_reason is FamilyEnd.CLIENT_UNPUBLISHED


async def test_removing_a_client_forgets_its_requests_and_ends_its_families(
    store: RecordStore, grant_stores: tuple[SqlGrantStore, SqlGrantStore]
) -> None:
    grants = grant_stores[0]
    await store.add_client(a_client("other"))
    for name in ("code", "waiting"):
        assert await grants.put_code(a_code(name))
    assert await grants.put_code(a_code("other's", client_id="other"))
    await grants.redeem_code(digest("code"), a_family(), a_refresh(), now=NOW)
    await store.put_pushed(a_pushed(), now=NOW, limit=LIMIT)
    await store.record_consent(a_consent())
    assert await store.remove_client(CLIENT, now=NOW + 1) == ["family of code"]
    assert await store.client(CLIENT) is None
    assert await store.take_pushed(digest("pushed"), now=NOW) is None
    assert await store.consent(ALICE, CLIENT) is None
    assert await grants.code(digest("waiting")) is None
    assert await grants.code(digest("other's")) is not None
    family = await grants.family("family of code")
    assert family is not None
    assert (family.ended_at, family.end_reason) == (NOW + 1, FamilyEnd.CLIENT_REMOVED)
    assert await store.remove_client(CLIENT, now=NOW + 2) is None
    assert not await grants.put_code(a_code("late"))


async def test_pushed_parameters_are_taken_once(store: RecordStore) -> None:
    await store.add_client(a_client())
    await store.put_pushed(a_pushed(jkt="j" * 43), now=NOW, limit=LIMIT)
    assert await store.pushed(digest("pushed"), now=NOW) == a_pushed(jkt="j" * 43)
    assert await store.take_pushed(digest("pushed"), now=NOW) == a_pushed(jkt="j" * 43)
    assert await store.pushed(digest("pushed"), now=NOW) is None
    assert await store.take_pushed(digest("pushed"), now=NOW) is None


async def test_of_many_takers_at_once_one_gets_them(client_stores: tuple[RecordStore, RecordStore]) -> None:
    await client_stores[0].add_client(a_client())
    await client_stores[0].put_pushed(a_pushed(), now=NOW, limit=LIMIT)
    taken = await asyncio.gather(
        *(client_stores[number % 2].take_pushed(digest("pushed"), now=NOW) for number in range(20))
    )
    assert [pushed for pushed in taken if pushed is not None] == [a_pushed()]


@pytest.mark.parametrize("late_by", [0.0, 1.0])
async def test_expired_parameters_are_nobodys(store: RecordStore, late_by: float) -> None:
    await store.add_client(a_client())
    await store.put_pushed(a_pushed(), now=NOW, limit=LIMIT)
    assert await store.pushed(digest("pushed"), now=NOW + 60 + late_by) is None
    assert await store.take_pushed(digest("pushed"), now=NOW + 60 + late_by) is None


async def test_whoever_pushes_forgets_what_has_expired(client_stores: tuple[RecordStore, RecordStore]) -> None:
    store = client_stores[0]
    await store.add_client(a_client())
    await store.put_pushed(a_pushed(), now=NOW, limit=LIMIT)
    late = [a_pushed(f"late {number}", expires_at=NOW + 120) for number in range(20)]
    await asyncio.gather(
        *(client_stores[number % 2].put_pushed(pushed, now=NOW + 60, limit=LIMIT) for number, pushed in enumerate(late))
    )
    # Under its own time it would still be there.
    assert await store.pushed(digest("pushed"), now=NOW) is None
    assert await store.pushed(digest("late 7"), now=NOW) == late[7]


async def test_there_is_room_for_so_many_and_what_has_expired_takes_none(store: RecordStore) -> None:
    await store.add_client(a_client())
    kept = [await store.put_pushed(a_pushed(f"request {number}"), now=NOW, limit=3) for number in range(4)]
    assert kept == [True, True, True, False]
    assert await store.pushed(digest("request 3"), now=NOW) is None
    assert await store.take_pushed(digest("request 0"), now=NOW) is not None
    assert await store.put_pushed(a_pushed("request 3"), now=NOW, limit=3)
    assert await store.put_pushed(a_pushed("later", expires_at=NOW + 120), now=NOW + 60, limit=3)


async def test_an_assertion_is_new_to_one_of_many_callers(client_stores: tuple[RecordStore, RecordStore]) -> None:
    first = await asyncio.gather(
        *(client_stores[number % 2].first_use(digest("jti"), expires_at=NOW) for number in range(20))
    )
    assert first.count(True) == 1
    assert await client_stores[0].first_use(digest("another"), expires_at=NOW)


async def test_consent_adds_up_and_is_forgotten(store: RecordStore) -> None:
    for client_id in (CLIENT, "other"):
        await store.add_client(a_client(client_id))
    await store.record_consent(a_consent())
    await store.record_consent(a_consent("other", given_at=NOW + 1))
    await store.record_consent(a_consent(scope=frozenset({"models"}), given_at=NOW + 2))
    both = a_consent(scope=frozenset({"chat", "models"}), given_at=NOW + 2)
    assert await store.consent(ALICE, CLIENT) == both
    assert await store.consents_of(ALICE) == [both, a_consent("other", given_at=NOW + 1)]
    assert await store.consents_of(BOB) == []
    assert await store.forget_consent(ALICE, CLIENT)
    assert not await store.forget_consent(ALICE, CLIENT)
    assert await store.consent(ALICE, CLIENT) is None


async def test_an_outside_account_belongs_to_whoever_linked_it_first(store: RecordStore) -> None:
    assert await store.add_outside_link(an_outside_link())
    assert not await store.add_outside_link(an_outside_link(user_id=BOB))
    assert await store.add_outside_link(an_outside_link(issuer="https://second.example", linked_at=NOW + 1))
    assert await store.outside_link("https://elsewhere.example", "alice") == an_outside_link()
    assert [link.issuer for link in await store.outside_links_of(ALICE)] == [
        "https://elsewhere.example",
        "https://second.example",
    ]
    assert not await store.remove_outside_link(BOB, "https://elsewhere.example", "alice")
    assert await store.remove_outside_link(ALICE, "https://elsewhere.example", "alice")
    assert await store.outside_link("https://elsewhere.example", "alice") is None
