"""Proofs written behind the answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from boundgate.errors import StorageUnavailable
from boundgate.protect import MemoryStore
from boundgate.protect.journal import Journal
from boundgate.protect.store import ProofNote


class Recording(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[list[ProofNote]] = []
        self.fails = False
        self.done = asyncio.Event()

    async def record_proofs(self, proofs: Any) -> None:
        if self.fails:
            raise StorageUnavailable("out of reach")
        self.written.append(list(proofs))
        self.done.set()


def note(mint: int, name: str = "a") -> ProofNote:
    return ProofNote(id=name, proved_at=float(mint), mint=mint)


async def test_the_newest_proof_of_each_session_is_written_once_and_by_itself() -> None:
    store = Recording()
    journal = Journal(store, write_seconds=0)
    for one in (note(1), note(3), note(2), note(1, "b")):
        journal.proved(one)
    assert journal.newest("a") == note(3)
    await store.done.wait()
    assert store.written == [[note(3), note(1, "b")]]
    assert journal.newest("a") is None
    await journal.close()


async def test_a_failed_write_keeps_everything_for_the_next() -> None:
    store = Recording()
    journal = Journal(store, write_seconds=3600)
    journal.proved(note(1))
    journal.proved(note(1, "b"))
    store.fails = True
    with pytest.raises(StorageUnavailable):
        await journal.flush()
    journal.proved(note(2))
    store.fails = False
    await journal.flush()
    assert store.written == [[note(2), note(1, "b")]]
    await journal.close()


async def test_closing_writes_what_is_left() -> None:
    store = Recording()
    journal = Journal(store, write_seconds=3600)
    journal.proved(note(1))
    await journal.close()
    assert store.written == [[note(1)]]


async def test_a_store_that_comes_back_gets_what_came_meanwhile() -> None:
    store = Recording()
    store.fails = True
    journal = Journal(store, write_seconds=0)
    journal.proved(note(1))
    for _ in range(10):
        await asyncio.sleep(0)
    store.fails = False
    await store.done.wait()
    assert store.written == [[note(1)]]
    await journal.close()
