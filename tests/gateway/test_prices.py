from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundgate.errors import NotFound
from boundgate.gateway.prices import TokenUsage, cost
from boundgate.terms import Tier
from tests.gateway.fakes import PRICES

PREMIUM = PRICES.model("gpt-5.2")
counts = st.integers(0, 10_000_000)


def test_the_default_table_has_a_premium_model_at_two_dollars_a_prompt_and_a_cheap_one():
    assert PREMIUM.tier is Tier.PREMIUM
    assert cost(PREMIUM, TokenUsage(0, 0)) == 2_000_000
    mini = PRICES.model("gpt-5.2-mini")
    assert mini.tier is Tier.STANDARD
    assert cost(mini, TokenUsage(1000, 1000)) == 2250


def test_costs_are_rounded_up():
    model = replace(
        PREMIUM, per_call_micro_usd=0, input_micro_usd_per_million_tokens=1, output_micro_usd_per_million_tokens=0
    )
    assert [cost(model, TokenUsage(tokens, 0)) for tokens in (0, 1, 1_000_000, 1_000_001)] == [0, 1, 1, 2]


@settings(deadline=None)
@given(counts, counts, counts, counts)
def test_costs_grow_with_both_counts_and_are_whole(given_tokens, made, more_given, more_made):
    less = cost(PREMIUM, TokenUsage(given_tokens, made))
    more = cost(PREMIUM, TokenUsage(given_tokens + more_given, made + more_made))
    assert isinstance(less, int)
    assert less <= more


def test_an_unknown_model_is_not_found_and_its_name_is_not_repeated():
    with pytest.raises(NotFound) as caught:
        PRICES.model("sk-secret")
    assert (caught.value.public_code, caught.value.param) == ("model_not_found", "model")
    assert "sk-secret" not in caught.value.detail
