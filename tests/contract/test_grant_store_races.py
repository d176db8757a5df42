"""What `GrantStore` promises when many call at once, from two processes' engines."""

from __future__ import annotations

import asyncio
from collections import Counter

from boundgate.oauth.model import FamilyEnd
from boundgate.oauth.ports import CodeOutcome, GrantStore, RecordStore, RotationOutcome
from tests.contract.builders import ALICE, NOW, digest
from tests.contract.oauth_builders import CLIENT, a_code, a_family, a_refresh, a_service_family

CALLERS = 30
AGAIN = 30.0
Stores = tuple[GrantStore, GrantStore]


async def begin(store: GrantStore, name: str = "code") -> None:
    family_id = f"family of {name}"
    await store.put_code(a_code(name))
    first = a_refresh(f"{name} 0", family_id)
    assert await store.redeem_code(digest(name), a_family(family_id), first, now=NOW) is CodeOutcome.REDEEMED


async def live(store: GrantStore, names: list[str]) -> list[str]:
    views = {name: await store.refresh_token(digest(name)) for name in names}
    return [name for name, view in views.items() if view is not None and view.token.used_at is None]


async def test_of_many_uses_of_a_code_one_begins_the_family_and_the_others_end_it(grant_stores: Stores) -> None:
    await grant_stores[0].put_code(a_code())
    outcomes = await asyncio.gather(
        *(
            grant_stores[caller % 2].redeem_code(digest("code"), a_family(), a_refresh(f"r{caller}"), now=NOW)
            for caller in range(CALLERS)
        )
    )
    assert Counter(outcomes) == {CodeOutcome.REDEEMED: 1, CodeOutcome.USED: CALLERS - 1}
    family = await grant_stores[0].family("family of code")
    assert family is not None
    assert family.end_reason is FamilyEnd.CODE_REUSED


async def test_many_refreshes_at_once_with_one_derived_successor_leave_one_live_token(grant_stores: Stores) -> None:
    await begin(grant_stores[0])
    outcomes = await asyncio.gather(
        *(
            grant_stores[caller % 2].rotate(digest("code 0"), a_refresh("next"), now=NOW + 1, again_seconds=AGAIN)
            for caller in range(CALLERS)
        )
    )
    assert Counter(outcomes) == {RotationOutcome.ROTATED: 1, RotationOutcome.AGAIN: CALLERS - 1}
    assert await live(grant_stores[0], ["code 0", "next"]) == ["next"]


async def test_many_refreshes_at_once_with_successors_of_their_own_leave_one_live_token(grant_stores: Stores) -> None:
    await begin(grant_stores[0])
    names = [f"next {caller}" for caller in range(CALLERS)]
    outcomes = await asyncio.gather(
        *(
            grant_stores[caller % 2].rotate(digest("code 0"), a_refresh(name), now=NOW + 1, again_seconds=AGAIN)
            for caller, name in enumerate(names)
        )
    )
    assert Counter(outcomes) == {RotationOutcome.ROTATED: 1, RotationOutcome.AGAIN: CALLERS - 1}
    assert len(await live(grant_stores[0], ["code 0", *names])) == 1


async def test_a_refresh_and_an_end_at_once_never_leave_a_living_family(grant_stores: Stores) -> None:
    for number in range(10):
        name = f"c{number}"
        await begin(grant_stores[0], name)
        family_id = f"family of {name}"
        outcome, ended = await asyncio.gather(
            grant_stores[0].rotate(
                digest(f"{name} 0"), a_refresh(f"{name} 1", family_id), now=NOW, again_seconds=AGAIN
            ),
            grant_stores[1].end([family_id], now=NOW, reason=FamilyEnd.REVOKED),
        )
        assert ended == [family_id]
        assert outcome in {RotationOutcome.ROTATED, RotationOutcome.ENDED}
        family = await grant_stores[0].family(family_id)
        assert family is not None
        assert family.ended_at == NOW


async def test_a_code_and_a_recovery_at_once_never_leave_a_living_family(grant_stores: Stores) -> None:
    for number in range(10):
        name = f"c{number}"
        await grant_stores[0].put_code(a_code(name))
        await asyncio.gather(
            grant_stores[0].redeem_code(digest(name), a_family(f"family of {name}"), None, now=NOW),
            grant_stores[1].end_user(ALICE, now=NOW, reason=FamilyEnd.RECOVERED),
        )
        family = await grant_stores[0].family(f"family of {name}")
        assert family is None or family.ended_at == NOW


async def test_a_code_and_the_removal_of_its_client_at_once_never_leave_a_living_family(
    grant_stores: Stores, client_stores: tuple[RecordStore, RecordStore]
) -> None:
    await grant_stores[0].put_code(a_code())
    await asyncio.gather(
        grant_stores[0].redeem_code(digest("code"), a_family(), None, now=NOW),
        client_stores[1].remove_client(CLIENT, now=NOW),
        grant_stores[1].put_code(a_code("late")),
    )
    family = await grant_stores[0].family("family of code")
    assert family is None or family.ended_at == NOW
    assert await grant_stores[0].code(digest("late")) is None


async def test_many_tokens_of_a_service_at_once_are_one_family(grant_stores: Stores) -> None:
    found = await asyncio.gather(
        *(grant_stores[caller % 2].service_family(a_service_family(f"f{caller}")) for caller in range(CALLERS))
    )
    assert len({family.id for family in found if family}) == 1
