"""What `SessionStore` promises when many call at once, from two processes' engines."""

from __future__ import annotations

import asyncio
from collections import Counter

from boundgate.sessions.model import ProofRecord
from boundgate.sessions.ports import BindOutcome, SessionStore
from boundgate.terms import EndReason
from tests.contract.builders import ALICE, NOW, a_binding, a_session, an_offer, digest

CALLERS = 50
Stores = tuple[SessionStore, SessionStore]


async def sign_in(store: SessionStore, session_id: str) -> None:
    await store.create(a_session(session_id), an_offer(session_id), ending=[], reason=EndReason.REPLACED)


async def test_of_many_keys_at_once_one_is_bound(session_stores: Stores) -> None:
    await sign_in(session_stores[0], "s1")
    outcomes = await asyncio.gather(
        *(
            session_stores[caller % 2].bind(digest("offer s1"), a_binding(key=f"key {caller}"), now=NOW)
            for caller in range(CALLERS)
        )
    )
    assert Counter(outcomes) == {BindOutcome.BOUND: 1, BindOutcome.OTHER_KEY: CALLERS - 1}
    view = await session_stores[1].view("s1")
    assert view is not None
    assert view.binding is not None
    assert view.binding.thumbprint == f"thumbprint of key {outcomes.index(BindOutcome.BOUND)}"


async def test_of_many_requests_with_one_key_one_binds(session_stores: Stores) -> None:
    await sign_in(session_stores[0], "s1")
    outcomes = await asyncio.gather(
        *(session_stores[caller % 2].bind(digest("offer s1"), a_binding(), now=NOW) for caller in range(CALLERS))
    )
    assert Counter(outcomes) == {BindOutcome.BOUND: 1, BindOutcome.SAME_KEY: CALLERS - 1}


async def test_each_session_is_ended_by_one_of_many_callers_and_none_deadlocks(session_stores: Stores) -> None:
    ids = [f"s{number}" for number in range(8)]
    for session_id in ids:
        await sign_in(session_stores[0], session_id)

    async def end(caller: int) -> list[str]:
        store, turned = session_stores[caller % 2], ids[caller % 8 :] + ids[: caller % 8]
        if caller % 5 == 0:
            return await store.end_user(ALICE, now=NOW, reason=EndReason.RECOVERED)
        return await store.end(turned[:5], now=NOW, reason=EndReason.SIGNED_OUT)

    ended = await asyncio.gather(*(end(caller) for caller in range(CALLERS)))
    assert sorted(session_id for some in ended for session_id in some) == ids


async def test_a_key_and_an_end_at_once_never_leave_a_live_session_without_the_end(session_stores: Stores) -> None:
    for number in range(10):
        session_id = f"s{number}"
        await sign_in(session_stores[0], session_id)
        offer = digest(f"offer {session_id}")
        outcome, ended = await asyncio.gather(
            session_stores[0].bind(offer, a_binding(session_id), now=NOW),
            session_stores[1].end([session_id], now=NOW, reason=EndReason.SIGNED_OUT),
        )
        view = await session_stores[0].view(session_id)
        assert ended == [session_id]
        assert view is not None
        assert view.session.ended_at == NOW
        assert (view.binding is not None) == (outcome is BindOutcome.BOUND)


async def test_batches_and_ends_at_once_keep_every_session_ended_and_every_maximum(session_stores: Stores) -> None:
    ids = [f"s{number}" for number in range(10)]
    for session_id in ids:
        await sign_in(session_stores[0], session_id)
        await session_stores[0].bind(digest(f"offer {session_id}"), a_binding(session_id), now=NOW)

    async def batch(caller: int) -> None:
        turned = ids[caller % 10 :] + ids[: caller % 10]
        await session_stores[caller % 2].record_proofs([ProofRecord(name, NOW + caller, caller) for name in turned])
        await session_stores[caller % 2].record_seen([(name, NOW + caller) for name in turned])

    await asyncio.gather(
        *(batch(caller) for caller in range(CALLERS)),
        session_stores[1].end(ids[:5], now=NOW, reason=EndReason.SIGNED_OUT),
    )
    for session_id in ids:
        view = await session_stores[1].view(session_id)
        assert view is not None
        assert view.binding is not None
        assert (view.session.ended_at is not None) == (session_id in ids[:5])
        if session_id not in ids[:5]:
            assert (view.binding.last_proof_at, view.binding.last_mint) == (NOW + CALLERS - 1, CALLERS - 1)


async def test_many_sign_ins_that_replace_one_session_end_it_once(session_stores: Stores) -> None:
    await sign_in(session_stores[0], "old")
    ended = await asyncio.gather(
        *(
            session_stores[caller % 2].create(
                a_session(f"new {caller}"), an_offer(f"new {caller}"), ending=["old"], reason=EndReason.REPLACED
            )
            for caller in range(CALLERS)
        )
    )
    assert sorted(ended) == [[]] * (CALLERS - 1) + [["old"]]


async def test_a_caller_that_goes_away_leaves_the_store_usable(session_stores: Stores) -> None:
    for number in range(30):
        task = asyncio.create_task(sign_in(session_stores[0], f"s{number}"))
        for _ in range(number):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.wait_for(sign_in(session_stores[1], "after"), 10)
    await asyncio.wait_for(sign_in(session_stores[0], "after that"), 10)
    assert await session_stores[0].view("after") is not None
