"""Facts that wait for the next batch."""

from __future__ import annotations

import pytest

from boundgate.errors import StorageUnavailable
from boundgate.sessions.journal import Journal
from boundgate.sessions.model import ProofRecord


class Store:
    def __init__(self) -> None:
        self.proofs: list[ProofRecord] = []
        self.seen: list[tuple[str, float]] = []
        self.failing = False

    async def record_proofs(self, proofs: list[ProofRecord]) -> None:
        if self.failing:
            raise StorageUnavailable("The database does not answer.")
        self.proofs += proofs

    async def record_seen(self, seen: list[tuple[str, float]]) -> None:
        self.seen += seen


async def test_the_newest_fact_of_each_session_is_written_once() -> None:
    store = Store()
    journal = Journal(store)  # type: ignore[arg-type]
    for mint in (3, 1, 2):
        journal.proved(ProofRecord("a", float(mint), mint))
    journal.seen("a", 5.0)
    journal.seen("a", 4.0)
    assert journal.last_proof("a") == 3.0
    await journal.flush()
    await journal.flush()
    assert store.proofs == [ProofRecord("a", 3.0, 3)]
    assert store.seen == [("a", 5.0)]
    assert journal.last_proof("a") is None


async def test_a_failed_write_loses_nothing_and_brings_nothing_older_back() -> None:
    store = Store()
    journal = Journal(store)  # type: ignore[arg-type]
    journal.proved(ProofRecord("a", 1.0, 1))
    journal.seen("a", 1.0)
    store.failing = True
    with pytest.raises(StorageUnavailable):
        await journal.flush()
    journal.proved(ProofRecord("a", 2.0, 2))
    store.failing = False
    await journal.flush()
    assert store.proofs == [ProofRecord("a", 2.0, 2)]
    assert store.seen == [("a", 1.0)]


async def test_what_a_failed_write_held_is_written_by_the_next_one() -> None:
    store = Store()
    journal = Journal(store)  # type: ignore[arg-type]
    journal.proved(ProofRecord("a", 1.0, 1))
    store.failing = True
    with pytest.raises(StorageUnavailable):
        await journal.flush()
    assert journal.last_proof("a") == 1.0
    store.failing = False
    await journal.flush()
    assert store.proofs == [ProofRecord("a", 1.0, 1)]
