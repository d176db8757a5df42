"""Proofs by families' keys reach the store in batches, newest only, and a failed write loses none."""

from __future__ import annotations

import pytest

from boundgate.errors import StorageUnavailable
from boundgate.oauth.model import FamilyProof
from boundgate.resource.journal import FamilyJournal


class Store:
    def __init__(self) -> None:
        self.batches: list[list[FamilyProof]] = []
        self.fails = False

    async def record_proofs(self, proofs) -> None:
        if self.fails:
            raise StorageUnavailable("no")
        self.batches.append(list(proofs))


async def test_the_newest_proof_of_each_family_is_written_once() -> None:
    store = Store()
    journal = FamilyJournal(store)
    for family_id, at in (("a", 1.0), ("b", 5.0), ("a", 3.0), ("a", 2.0)):
        journal.proved(family_id, at)
    assert journal.last_proof("a") == 3.0
    await journal.flush()
    await journal.flush()
    assert store.batches == [[FamilyProof("a", 3.0), FamilyProof("b", 5.0)]]
    assert journal.last_proof("a") is None


async def test_what_could_not_be_written_is_written_later() -> None:
    store = Store()
    journal = FamilyJournal(store)
    journal.proved("a", 1.0)
    store.fails = True
    with pytest.raises(StorageUnavailable):
        await journal.flush()
    store.fails = False
    await journal.flush()
    assert store.batches == [[FamilyProof("a", 1.0)]]
