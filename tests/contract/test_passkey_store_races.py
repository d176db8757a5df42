"""What `PasskeyStore` promises when many call at once, from two processes' engines."""

from __future__ import annotations

import asyncio

import pytest

from boundgate.passkeys.ports import PasskeyStore
from tests.contract.builders import ALICE, NOW, a_link, a_passkey, a_user, digest, put_passkey

CALLERS = 50
Stores = tuple[PasskeyStore, PasskeyStore]


@pytest.fixture
def stores(passkey_stores: Stores, people: None) -> Stores:
    return passkey_stores


async def test_of_many_who_redeem_one_link_one_succeeds(stores: Stores) -> None:
    await stores[0].create_link(a_link())
    done = await asyncio.gather(
        *(stores[n % 2].redeem_link(digest("token"), a_passkey(f"key {n}"), now=NOW) for n in range(CALLERS))
    )
    assert done.count(True) == 1
    assert await stores[1].passkeys_of(ALICE) == [a_passkey(f"key {done.index(True)}")]


async def test_of_many_users_with_one_name_one_is_created(stores: Stores) -> None:
    users = [a_user(f"user-{n}", name="carol") for n in range(CALLERS)]
    done = await asyncio.gather(*(stores[n % 2].create_user(user) for n, user in enumerate(users)))
    assert done.count(True) == 1
    assert await stores[0].user_by_name("carol") == users[done.index(True)]


async def test_of_many_with_one_credential_id_one_is_added(stores: Stores) -> None:
    await put_passkey(stores[0], a_passkey("first"))
    done = await asyncio.gather(*(stores[n % 2].add_passkey(a_passkey()) for n in range(CALLERS)))
    assert done.count(True) == 1


async def test_a_recovery_leaves_no_passkey_that_was_added_meanwhile(stores: Stores) -> None:
    for round_number in range(10):
        await put_passkey(stores[0], a_passkey(f"first {round_number}"))
        await asyncio.gather(
            stores[0].add_passkey(a_passkey(f"second {round_number}")),
            stores[1].remove_all(ALICE),
        )
        assert await stores[0].passkeys_of(ALICE) == []


async def test_removing_all_passkeys_at_once_one_by_one_leaves_one(stores: Stores) -> None:
    for n in range(20):
        await put_passkey(stores[0], a_passkey(f"key {n}"))
    done = await asyncio.gather(
        *(stores[n % 2].remove_passkey(ALICE, digest(f"credential key {n}")) for n in range(20))
    )
    assert done.count(True) == 19
    assert len(await stores[0].passkeys_of(ALICE)) == 1


async def test_of_two_clones_at_once_one_loses(stores: Stores) -> None:
    await put_passkey(stores[0], a_passkey(sign_count=7))
    done = await asyncio.gather(
        *(
            stores[n % 2].record_use(digest("credential laptop"), sign_count=8, backed_up=False, at=NOW)
            for n in range(CALLERS)
        )
    )
    assert done.count(True) == 1


async def test_of_many_links_made_at_once_one_stays_open(stores: Stores) -> None:
    await asyncio.gather(*(stores[n % 2].create_link(a_link(f"token {n}")) for n in range(CALLERS)))
    links = [await stores[0].open_link(digest(f"token {n}"), now=NOW) for n in range(CALLERS)]
    assert sum(link is not None for link in links) == 1


async def test_a_recovery_leaves_no_passkey_of_a_link_that_was_redeemed_meanwhile(stores: Stores) -> None:
    for round_number in range(10):
        await stores[0].create_link(a_link(f"token {round_number}"))
        redeemed, removed = await asyncio.gather(
            stores[0].redeem_link(digest(f"token {round_number}"), a_passkey(f"key {round_number}"), now=NOW),
            stores[1].remove_all(ALICE),
        )
        assert removed == int(redeemed)
        assert await stores[0].passkeys_of(ALICE) == []
