from __future__ import annotations

import pytest

from boundgate.gateway.prices import TokenUsage
from boundgate.gateway.usage_record import usage_record


def test_a_record_is_two_counts():
    assert usage_record({"usage": {"prompt_tokens": 0, "completion_tokens": 7, "total_tokens": 7}}) == TokenUsage(0, 7)


@pytest.mark.parametrize(
    "value",
    [
        None, [], {}, {"usage": None}, {"usage": []}, {"usage": {}}, {"usage": {"prompt_tokens": 1}},
        {"usage": {"prompt_tokens": -1, "completion_tokens": 1}},
        {"usage": {"prompt_tokens": True, "completion_tokens": 1}},
        {"usage": {"prompt_tokens": 1.0, "completion_tokens": 1}},
        {"usage": {"prompt_tokens": 1, "completion_tokens": 10**12}},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_no_record(value):
    assert usage_record(value) is None
