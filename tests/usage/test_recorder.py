"""Records wait in memory, within bounds, and are written in batches."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from boundgate.errors import StorageUnavailable
from boundgate.usage import recorder as module
from boundgate.usage.model import AuditEvent, CallRecord
from boundgate.usage.recorder import Recorder, session_hash
from tests.contract.builders import a_call


class Store:
    """Keeps batches; fails when told to."""

    def __init__(self) -> None:
        self.batches: list[list[AuditEvent]] = []
        self.failing = False

    async def write(self, calls: Sequence[CallRecord], events: Sequence[AuditEvent]) -> None:
        del calls
        if self.failing:
            raise StorageUnavailable("The database does not answer.")
        self.batches.append(list(events))


def event(kind: str) -> AuditEvent:
    return AuditEvent(at=1.0, kind=kind, outcome="ok")


async def test_a_flush_writes_everything_once() -> None:
    store = Store()
    recorder = Recorder(store)  # type: ignore[arg-type]
    recorder.event(event("a"))
    recorder.event(event("b"))
    await recorder.flush()
    await recorder.flush()
    assert [[entry.kind for entry in batch] for batch in store.batches] == [["a", "b"]]


async def test_a_failed_write_loses_nothing() -> None:
    store = Store()
    recorder = Recorder(store)  # type: ignore[arg-type]
    recorder.event(event("a"))
    store.failing = True
    with pytest.raises(StorageUnavailable):
        await recorder.flush()
    store.failing = False
    recorder.event(event("b"))
    await recorder.flush()
    assert [entry.kind for entry in store.batches[0]] == ["a", "b"]


async def test_memory_is_bounded_and_what_falls_out_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PENDING", 10)
    store = Store()
    recorder = Recorder(store)  # type: ignore[arg-type]
    for number in range(25):
        recorder.event(event(str(number)))
    await recorder.flush()
    assert recorder.dropped == 15
    assert [entry.kind for entry in store.batches[0]] == [str(number) for number in range(15, 25)]


def test_a_session_hash_says_nothing_of_the_id() -> None:
    assert session_hash("abc") != session_hash("abd")
    assert len(session_hash("abc")) == 16


async def test_what_falls_out_during_a_write_is_not_what_is_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PENDING", 10)
    store, recorder = Store(), Recorder(None)  # type: ignore[arg-type]

    class Slow(Store):
        async def write(self, calls: Sequence[CallRecord], events: Sequence[AuditEvent]) -> None:
            for number in range(25):
                recorder.event(event(f"late{number}"))
            await store.write(calls, events)

    for number in range(10):
        recorder.event(event(f"early{number}"))
    recorder._store = Slow()  # type: ignore[assignment]
    await recorder.flush()
    recorder._store = store  # type: ignore[assignment]
    await recorder.flush()
    early, late = ([entry.kind for entry in batch] for batch in store.batches)
    assert early == [f"early{number}" for number in range(10)]
    assert late == [f"late{number}" for number in range(15, 25)]
    assert recorder.dropped == 15


async def test_a_flood_of_refusals_pushes_no_admitted_call_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PENDING", 10)
    written: list[CallRecord] = []

    class Calls(Store):
        async def write(self, calls: Sequence[CallRecord], events: Sequence[AuditEvent]) -> None:
            written.extend(calls)

    recorder = Recorder(Calls())  # type: ignore[arg-type]
    recorder.call(a_call(decision="allow"))
    for _ in range(50):
        recorder.call(a_call(decision="proof_required"))
    await recorder.flush()
    assert [call.decision for call in written] == ["allow"] + ["proof_required"] * 10


KEY = (1, "dbsc.refresh", "ok", "192.0.2.1", "s")


async def test_what_comes_again_before_it_is_written_is_one_record() -> None:
    store = Store()
    recorder = Recorder(store)  # type: ignore[arg-type]
    assert not recorder.again(KEY, 60.0)
    recorder.event(event("dbsc.refresh"), key=KEY)
    assert recorder.again(KEY, 61.0)
    assert recorder.again(KEY, 62.0)
    assert not recorder.again((2, *KEY[1:]), 120.0)
    assert not recorder.again(None, 62.0)
    await recorder.flush()
    assert [(entry.count, entry.at) for entry in store.batches[0]] == [(3, 62.0)]
    assert not recorder.again(KEY, 63.0), "what was written is not counted on"


async def test_a_failed_write_loses_no_repetition() -> None:
    store = Store()
    recorder = Recorder(store)  # type: ignore[arg-type]
    recorder.event(event("a"), key=KEY)
    recorder.again(KEY, 61.0)
    store.failing = True
    with pytest.raises(StorageUnavailable):
        await recorder.flush()
    store.failing = False
    assert not recorder.again(KEY, 62.0)
    recorder.event(event("a"), key=KEY)
    recorder.again(KEY, 63.0)
    await recorder.flush()
    assert [entry.count for entry in store.batches[0]] == [2, 2]


async def test_repetitions_of_what_falls_out_are_counted_as_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PENDING", 2)
    recorder = Recorder(Store())  # type: ignore[arg-type]
    recorder.event(event("a"), key=KEY)
    recorder.again(KEY, 61.0)
    recorder.event(event("b"))
    recorder.event(event("c"))
    assert recorder.dropped == 2
    assert not recorder.again(KEY, 62.0)
