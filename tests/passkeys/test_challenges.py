from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.errors import AuthenticationError
from boundgate.passkeys import challenges
from tests.support.memory_passkeys import ManualClock, MemoryChallenges

TRIPLES = st.tuples(st.text(), st.text(), st.text())


@given(one=TRIPLES, other=TRIPLES)
def test_different_acts_never_share_a_context(one, other):
    assert (challenges.act_context(*one) == challenges.act_context(*other)) is (one == other)


def test_moving_a_character_between_the_parts_changes_the_context():
    assert challenges.act_context("end", "s1", "2") != challenges.act_context("end", "s12", "")


@given(TRIPLES)
def test_contexts_are_ascii(triple):
    assert challenges.act_context(*triple).isascii()


async def test_a_challenge_is_honoured_once():
    book = MemoryChallenges(ManualClock())
    challenge = book.issue(purpose=challenges.SIGN_IN, context="")
    await challenges.redeem(book, challenge, purpose=challenges.SIGN_IN, context="", max_age_seconds=60)
    with pytest.raises(AuthenticationError) as caught:
        await challenges.redeem(book, challenge, purpose=challenges.SIGN_IN, context="", max_age_seconds=60)
    assert caught.value.public_code == "passkey_expired"
    assert challenge not in caught.value.detail
