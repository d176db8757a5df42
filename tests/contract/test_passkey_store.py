"""What `boundgate.passkeys.ports.PasskeyStore` promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from boundgate.passkeys.model import LinkPurpose, Notice
from boundgate.passkeys.ports import PasskeyStore
from tests.contract.builders import ALICE, BOB, NOW, a_link, a_passkey, a_user, digest, put_passkey

TOKEN = digest("token")
LAPTOP, PHONE = digest("credential laptop"), digest("credential phone")


@pytest.fixture
def store(passkey_stores: tuple[PasskeyStore, PasskeyStore], people: None) -> PasskeyStore:
    return passkey_stores[0]


async def test_users_are_found_by_id_and_by_exact_name(store: PasskeyStore) -> None:
    assert await store.user(ALICE) == a_user(ALICE)
    assert await store.user_by_name("alice") == a_user(ALICE)
    assert await store.user_by_name("Alice") is None
    assert await store.user("alice") is None


async def test_users_come_in_the_order_of_creation(store: PasskeyStore) -> None:
    await store.create_user(a_user("user-aaa", created_at=NOW + 1))
    await store.create_user(a_user("user-zzz", created_at=NOW - 1, operator=True))
    assert [user.name for user in await store.users()] == ["zzz", "alice", "bob", "aaa"]


async def test_a_taken_name_changes_nothing(store: PasskeyStore) -> None:
    other = a_user("user-other", name="alice", operator=True)
    assert not await store.create_user(other)
    assert await store.user("user-other") is None
    assert await store.user_by_name("alice") == a_user(ALICE)


async def test_has_passkeys_from_the_first_passkey_on(store: PasskeyStore) -> None:
    assert not await store.has_passkeys()
    await store.create_link(a_link())
    assert not await store.has_passkeys()
    await store.redeem_link(TOKEN, a_passkey(), now=NOW)
    assert await store.has_passkeys()


async def test_has_passkeys_after_a_recovery_too_so_that_the_first_link_never_comes_back(store: PasskeyStore) -> None:
    await put_passkey(store, a_passkey())
    await store.remove_all(ALICE)
    assert await store.has_passkeys()


async def test_a_passkey_comes_back_as_it_was_stored(store: PasskeyStore) -> None:
    stored = a_passkey(sign_count=2**32 - 1, last_used_at=NOW, backed_up=True, transports=())
    assert await put_passkey(store, stored)
    assert await store.passkey(LAPTOP) == stored
    assert await store.passkey(PHONE) is None
    assert await store.passkey(b"") is None


async def test_passkeys_of_a_user_come_in_the_order_of_creation(store: PasskeyStore) -> None:
    for name, at in (("second", NOW), ("third", NOW), ("first", NOW - 1)):
        await put_passkey(store, a_passkey(name, created_at=at))
    await put_passkey(store, a_passkey("bob's", BOB))
    assert [passkey.name for passkey in await store.passkeys_of(ALICE)] == ["first", "second", "third"]


async def test_a_credential_id_is_known_once_whoever_it_belongs_to(store: PasskeyStore) -> None:
    assert await put_passkey(store, a_passkey())
    assert await put_passkey(store, a_passkey("phone", BOB))
    assert not await store.add_passkey(a_passkey("laptop", BOB))
    assert await store.passkey(LAPTOP) == a_passkey()
    assert await store.passkeys_of(BOB) == [a_passkey("phone", BOB)]


async def test_a_user_without_a_passkey_gets_none_but_through_a_link(store: PasskeyStore) -> None:
    assert not await store.add_passkey(a_passkey())
    assert await store.passkeys_of(ALICE) == []


async def test_a_link_is_open_until_it_expires(store: PasskeyStore) -> None:
    link = a_link(purpose=LinkPurpose.RECOVER)
    await store.create_link(link)
    assert await store.open_link(TOKEN, now=NOW + 899.9) == link
    assert await store.open_link(TOKEN, now=NOW + 900) is None
    assert await store.open_link(digest("guess"), now=NOW) is None


async def test_a_new_link_closes_the_user_s_other_ones_only(store: PasskeyStore) -> None:
    await store.create_link(a_link("old"))
    await store.create_link(a_link("bob's", BOB))
    await store.create_link(a_link("new"))
    assert await store.open_link(digest("old"), now=NOW) is None
    assert not await store.redeem_link(digest("old"), a_passkey(), now=NOW)
    assert await store.open_link(digest("new"), now=NOW) is not None
    assert await store.open_link(digest("bob's"), now=NOW) is not None


async def test_a_link_is_redeemed_once(store: PasskeyStore) -> None:
    await store.create_link(a_link())
    assert await store.redeem_link(TOKEN, a_passkey("laptop"), now=NOW)
    assert await store.open_link(TOKEN, now=NOW) is None
    assert not await store.redeem_link(TOKEN, a_passkey("phone"), now=NOW)
    assert await store.passkeys_of(ALICE) == [a_passkey("laptop")]


async def test_an_expired_or_unknown_link_stores_nothing(store: PasskeyStore) -> None:
    await store.create_link(a_link())
    assert not await store.redeem_link(TOKEN, a_passkey(), now=NOW + 900)
    assert not await store.redeem_link(digest("guess"), a_passkey(), now=NOW)
    assert await store.passkey(LAPTOP) is None


async def test_a_link_admits_a_passkey_of_its_own_user_only(store: PasskeyStore) -> None:
    await store.create_link(a_link())
    assert not await store.redeem_link(TOKEN, a_passkey(user_id=BOB), now=NOW)
    assert await store.open_link(TOKEN, now=NOW) is not None


async def test_a_link_survives_a_passkey_that_cannot_be_stored(store: PasskeyStore) -> None:
    await put_passkey(store, a_passkey(user_id=BOB))
    await store.create_link(a_link())
    assert not await store.redeem_link(TOKEN, a_passkey(), now=NOW)
    assert await store.open_link(TOKEN, now=NOW) is not None
    assert await store.redeem_link(TOKEN, a_passkey("phone"), now=NOW)


async def test_the_last_passkey_stays(store: PasskeyStore) -> None:
    await put_passkey(store, a_passkey("laptop"))
    await put_passkey(store, a_passkey("phone"))
    await put_passkey(store, a_passkey("bob's", BOB))
    assert not await store.remove_passkey(ALICE, digest("unknown"))
    assert not await store.remove_passkey(ALICE, digest("credential bob's"))
    assert await store.remove_passkey(ALICE, LAPTOP)
    assert not await store.remove_passkey(ALICE, LAPTOP)
    assert not await store.remove_passkey(ALICE, PHONE)
    assert await store.passkeys_of(ALICE) == [a_passkey("phone")]
    assert await store.passkeys_of(BOB) == [a_passkey("bob's", BOB)]


async def test_remove_all_takes_passkeys_and_links_of_one_user(store: PasskeyStore) -> None:
    await put_passkey(store, a_passkey("laptop"))
    await put_passkey(store, a_passkey("phone"))
    await put_passkey(store, a_passkey("bob's", BOB))
    await store.create_link(a_link())
    assert await store.remove_all(ALICE) == 2
    assert await store.remove_all(ALICE) == 0
    assert await store.passkeys_of(ALICE) == []
    assert await store.open_link(TOKEN, now=NOW) is None
    assert len(await store.passkeys_of(BOB)) == 1


@pytest.mark.parametrize(
    ("stored", "shown", "accepted"),
    [(0, 0, True), (0, 1, True), (5, 6, True), (5, 5, False), (6, 5, False), (5, 0, False)],
)
async def test_a_sign_count_that_counts_must_grow(store: PasskeyStore, stored: int, shown: int, accepted: bool) -> None:
    passkey = a_passkey(sign_count=stored)
    await put_passkey(store, passkey)
    assert await store.record_use(LAPTOP, sign_count=shown, backed_up=True, at=NOW + 5) is accepted
    used = replace(passkey, sign_count=shown, backed_up=True, last_used_at=NOW + 5)
    assert await store.passkey(LAPTOP) == (used if accepted else passkey)


async def test_use_of_an_unknown_passkey_is_refused(store: PasskeyStore) -> None:
    assert not await store.record_use(LAPTOP, sign_count=1, backed_up=False, at=NOW)


async def test_notices_come_newest_first_and_at_most_twenty(store: PasskeyStore) -> None:
    await store.add_notice(Notice(user_id=BOB, at=NOW, text="for bob"))
    for number in range(25):
        await store.add_notice(Notice(user_id=ALICE, at=NOW + number // 2, text=str(number)))
    assert [notice.text for notice in await store.notices(ALICE)] == [str(number) for number in range(24, 4, -1)]
    assert await store.notices(BOB) == [Notice(user_id=BOB, at=NOW, text="for bob")]
