"""Nonces: a minute long, for one key, of one epoch, and of nobody else's making."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dpop import DpopNonces
from boundgate.dpop.nonces import CLOCK_SKEW_SECONDS, NONCE_SECONDS
from tests.support.dpop import ProgramKey
from tests.support.keys import FakeClock, MemoryUsed, StaticMacs

JKT, OTHER = ProgramKey("owner").jkt, ProgramKey("thief").jkt


def setting() -> tuple[DpopNonces, FakeClock, MemoryUsed, StaticMacs]:
    clock, used, macs = FakeClock(), MemoryUsed(), StaticMacs()
    return DpopNonces(macs=macs, used=used, clock=clock), clock, used, macs


def test_a_nonce_says_when_it_was_issued() -> None:
    nonces, clock, _, _ = setting()
    nonce = nonces.issue(JKT)
    assert len(nonce) == 43
    issued = clock.now
    clock.advance(10)
    assert nonces.issued_at(nonce, jkt=JKT) == pytest.approx(issued, abs=0.001)


def test_it_lives_a_minute_and_no_longer() -> None:
    nonces, clock, _, _ = setting()
    nonce = nonces.issue(JKT)
    clock.advance(NONCE_SECONDS)
    assert nonces.issued_at(nonce, jkt=JKT) is not None
    clock.advance(0.01)
    assert nonces.issued_at(nonce, jkt=JKT) is None
    assert NONCE_SECONDS <= 60


def test_it_may_come_from_a_worker_whose_clock_is_a_little_ahead() -> None:
    nonces, clock, _, _ = setting()
    nonce = nonces.issue(JKT)
    clock.advance(-CLOCK_SKEW_SECONDS)
    assert nonces.issued_at(nonce, jkt=JKT) is not None
    clock.advance(-0.01)
    assert nonces.issued_at(nonce, jkt=JKT) is None


def test_it_is_no_nonce_for_another_key() -> None:
    nonces, _, _, _ = setting()
    assert nonces.issued_at(nonces.issue(JKT), jkt=OTHER) is None


def test_it_dies_with_the_memory_of_used_proofs() -> None:
    nonces, _, used, _ = setting()
    nonce = nonces.issue(JKT)
    used.forget_everything()
    assert nonces.issued_at(nonce, jkt=JKT) is None
    assert nonces.issued_at(nonces.issue(JKT), jkt=JKT) is not None


def test_a_rotated_key_still_verifies_and_a_retired_one_does_not() -> None:
    nonces, _, _, macs = setting()
    nonce = nonces.issue(JKT)
    macs.rotate("kid-0002")
    assert nonces.issued_at(nonce, jkt=JKT) is not None
    macs.retire("kid-0001")
    assert nonces.issued_at(nonce, jkt=JKT) is None


@given(data=st.data())
def test_any_change_of_a_nonce_is_none(data: st.DataObject) -> None:
    nonces, _, _, _ = setting()
    nonce = nonces.issue(JKT)
    position = data.draw(st.integers(0, len(nonce) - 1))
    changed = nonce[:position] + data.draw(st.text(max_size=2)) + nonce[position + 1 :]
    assert (nonces.issued_at(changed, jkt=JKT) is None) == (changed != nonce)


@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True))
def test_any_text_is_no_nonce(text: str) -> None:
    nonces, _, _, _ = setting()
    assert nonces.issued_at(text, jkt=JKT) is None
