"""What `boundgate.usage.ports.UsageStore` promises."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from boundgate.terms import Provenance
from boundgate.usage.model import AuditEvent
from boundgate.usage.ports import Spend, UsageStore
from tests.contract.builders import NOW, a_call, an_event

MINUTE_START = NOW - NOW % 60


@pytest.fixture
def store(usage_stores: tuple[UsageStore, UsageStore]) -> UsageStore:
    return usage_stores[0]


async def test_a_batch_comes_back_as_it_was_written_newest_first(store: UsageStore) -> None:
    refused = a_call(
        at=NOW + 1,
        session_hash=None,
        user_id=None,
        key_thumbprint=None,
        provenance=Provenance.NONE,
        model=None,
        decision="binding_required",
        status=401,
        input_tokens=None,
        output_tokens=None,
        cost_micro_usd=0,
        latency_ms=None,
        reason="no bound cookie",
    )
    signed_in = an_event(kind="passkey.signed_in", outcome="ok", session_hash=None, user_id="user-alice", reason=None)
    await store.write([a_call(), refused], [signed_in, an_event(at=NOW + 2)])
    assert await store.calls() == [refused, a_call()]
    assert await store.events() == [an_event(at=NOW + 2), signed_in]


async def test_an_empty_batch_is_nothing(store: UsageStore) -> None:
    await store.write([], [])
    assert await store.calls() == []
    assert await store.events() == []


async def test_a_batch_is_stored_whole_or_not_at_all(store: UsageStore) -> None:
    with pytest.raises(Exception, match="records"):
        await store.write([a_call()], [an_event(outcome="ok"), an_event(count=2**70)])
    assert await store.calls() == []
    assert await store.events() == []


async def test_equal_refusals_of_one_minute_are_folded_within_and_across_batches(store: UsageStore) -> None:
    batch = [an_event(at=MINUTE_START + second, reason=f"reason {second}") for second in range(50)]
    await store.write([], batch)
    await store.write([], [an_event(at=MINUTE_START + 59.9, count=3)])
    assert await store.events() == [an_event(at=MINUTE_START + 59.9, reason="reason 0", count=53)]


@pytest.mark.parametrize(
    "other",
    [
        an_event(at=MINUTE_START + 60),
        an_event(at=MINUTE_START, kind="passkey.refused"),
        an_event(at=MINUTE_START, outcome="unknown_session"),
        an_event(at=MINUTE_START, address="192.0.2.8"),
        an_event(at=MINUTE_START, session_hash=None),
    ],
)
async def test_refusals_that_differ_are_kept_apart(store: UsageStore, other: object) -> None:
    await store.write([], [an_event(at=MINUTE_START), other])
    await store.write([], [an_event(at=MINUTE_START), other])
    assert sorted(event.count for event in await store.events()) == [2, 2]


async def test_refusals_without_a_session_are_folded_too(store: UsageStore) -> None:
    for _ in range(3):
        await store.write([], [an_event(session_hash=None)] * 2)
    assert await store.events() == [an_event(session_hash=None, count=6)]


async def test_what_succeeded_is_never_folded(store: UsageStore) -> None:
    await store.write([], [an_event(outcome="ok")] * 2)
    await store.write([], [an_event(outcome="ok")])
    assert await store.events() == [an_event(outcome="ok")] * 3


async def test_renewals_of_one_session_are_folded_by_the_minute(store: UsageStore) -> None:
    renewal = AuditEvent(at=NOW, kind="dbsc.refresh", outcome="ok", session_hash="s", address="192.0.2.1")
    others = [replace(renewal, session_hash="t"), replace(renewal, address="192.0.2.2"), replace(renewal, at=NOW + 60)]
    await store.write([], [renewal, replace(renewal, at=NOW + 1), *others])
    await store.write([], [replace(renewal, at=NOW + 2)])
    found = await store.events()
    assert sorted(event.count for event in found) == [1, 1, 1, 3]
    assert max(event.at for event in found if event.count == 3) == NOW + 2


async def test_writers_in_two_processes_count_every_refusal(usage_stores: tuple[UsageStore, UsageStore]) -> None:
    addresses = [f"192.0.2.{number}" for number in range(5)]

    async def write(caller: int) -> None:
        turned = addresses[caller % 5 :] + addresses[: caller % 5]
        await usage_stores[caller % 2].write([a_call()], [an_event(address=address) for address in turned])

    await asyncio.gather(*(write(caller) for caller in range(50)))
    assert [event.count for event in await usage_stores[0].events()] == [50] * 5
    assert len(await usage_stores[0].calls()) == 50


async def test_spend_adds_up_the_admitted_calls_of_one_session(store: UsageStore) -> None:
    free = a_call(decision="budget_exhausted", status=429, cost_micro_usd=9)
    await store.write([a_call(), a_call(cost_micro_usd=2**40), free, a_call(session_hash="other")], [])
    assert await store.spend("5e55") == Spend(calls=2, cost_micro_usd=2**40 + 33)
    assert await store.spend("unknown") == Spend(calls=0, cost_micro_usd=0)


async def test_prune_drops_what_is_older_and_says_how_many(store: UsageStore) -> None:
    old, new = NOW - 1, NOW
    await store.write([a_call(at=old), a_call(at=new)], [an_event(at=old), an_event(at=new, outcome="ok")])
    assert await store.prune(before=NOW, keep_rows=10) == 2
    assert await store.prune(before=NOW, keep_rows=10) == 0
    assert await store.calls() == [a_call(at=new)]
    assert await store.events() == [an_event(at=new, outcome="ok")]


async def test_prune_keeps_the_newest_refused_rows_and_all_that_succeeded(store: UsageStore) -> None:
    refused = [an_event(at=NOW + number // 2, address=f"192.0.2.{number}") for number in range(9)]
    fine = [an_event(at=NOW - 5, outcome="ok")] * 4
    await store.write([], [*fine, *refused])
    assert await store.prune(before=NOW - 10, keep_rows=3) == 6
    kept = await store.events()
    assert [event.address for event in kept[:3]] == ["192.0.2.8", "192.0.2.7", "192.0.2.6"]
    assert kept[3:] == fine
    assert await store.prune(before=NOW - 10, keep_rows=0) == 3
    assert await store.events() == fine


async def test_prune_works_through_many_rows(store: UsageStore) -> None:
    await store.write([a_call(at=NOW - 1)] * 5_001, [])
    assert await store.prune(before=NOW, keep_rows=10) == 5_001


async def test_events_of_one_kind_prefix_and_a_limit(store: UsageStore) -> None:
    kinds = ["dbsc.registered", "dbsc.refused", "DBSC.refused", "passkey.refused", "d%"]
    await store.write([], [an_event(at=NOW + n, kind=kind) for n, kind in enumerate(kinds)])
    assert [event.kind for event in await store.events(kind_prefix="dbsc.")] == ["dbsc.refused", "dbsc.registered"]
    assert [event.kind for event in await store.events(kind_prefix="d%")] == ["d%"]
    assert [event.kind for event in await store.events(limit=1)] == ["d%"]
    assert await store.events(kind_prefix="\0\ud800") == []


async def test_calls_have_a_limit(store: UsageStore) -> None:
    await store.write([a_call(at=NOW + number) for number in range(5)], [])
    assert [call.at for call in await store.calls(limit=2)] == [NOW + 4, NOW + 3]


async def test_junk_from_the_wire_neither_fails_a_batch_nor_fills_the_disk(store: UsageStore) -> None:
    junk = "\0\ud800" + "x" * 1_000_000
    await store.write([a_call(model=junk, user_agent=junk, route=junk, method=junk)], [an_event(user_agent=junk)])
    readable = "\ufffd\ufffd" + "x" * 510
    assert await store.calls() == [a_call(model=readable, user_agent=readable, route=readable, method=readable)]
    assert await store.events() == [replace(an_event(), user_agent=readable)]


async def test_prune_keeps_the_newest_refused_calls_and_all_that_were_admitted(store: UsageStore) -> None:
    refused = [a_call(at=NOW + n, decision="proof_required") for n in range(5)]
    await store.write([a_call(at=NOW), *refused], [])
    assert await store.prune(before=NOW - 1, keep_rows=2) == 3
    assert [call.decision for call in await store.calls()] == ["proof_required", "proof_required", "allow"]
