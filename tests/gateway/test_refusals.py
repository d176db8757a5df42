from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundgate.gateway.refusals import MESSAGE_MOST, NO_RETRY, refusal, scrub

SECRETS = ("opensesame", "llm.internal.test")
HEADERS = (("retry-after", "7"), ("x-upstream-request-id", "r"))


def answered(status: int, **error: object):
    return refusal(status, HEADERS, json.dumps({"error": error}).encode(), SECRETS)


@pytest.mark.parametrize("status", [400, 404, 413, 422])
def test_a_complaint_about_the_request_is_passed_on_rebuilt(status):
    refused = answered(
        status, message="Too long.", type="x_error", param="messages[0]", code="too_long", organization="acme"
    )
    assert refused.answer.status == status
    assert refused.answer.code == "too_long"
    assert not refused.charged
    assert refused.answer.headers == (("content-type", "application/json"), HEADERS[1])
    assert json.loads(refused.answer.body) == {
        "error": {"message": "Too long.", "type": "x_error", "param": "messages[0]", "code": "too_long"}
    }


@pytest.mark.parametrize(
    ("status", "shown", "code", "charged"),
    [
        (401, 502, "upstream_error", False),
        (402, 502, "upstream_error", False),
        (403, 502, "upstream_error", False),
        (409, 502, "upstream_error", False),
        (418, 502, "upstream_error", False),
        (302, 502, "upstream_error", False),
        (308, 502, "upstream_error", False),
        (429, 503, "overloaded", False),
        (503, 503, "overloaded", False),
        (408, 504, "upstream_timeout", False),
        (504, 504, "upstream_timeout", True),
        (500, 502, "upstream_error", True),
        (529, 502, "upstream_error", True),
        (204, 502, "upstream_error", True),
    ],
)
def test_what_is_between_operator_and_provider_says_nothing_of_it(status, shown, code, charged):
    refused = answered(status, message="Incorrect API key provided: opensesame", code="invalid_api_key")
    assert (refused.answer.status, refused.answer.code, refused.charged) == (shown, code, charged)
    assert (HEADERS[0] in refused.answer.headers) == (shown == 503)
    assert (NO_RETRY in refused.answer.headers) == charged
    assert b"opensesame" not in refused.answer.body
    assert b"API key" not in refused.answer.body


@pytest.mark.parametrize(
    "body", [b"", b"<html>llm.internal.test</html>", b"[]", b'{"error": 5}', b'{"error": null}', b"\xff"]
)
def test_a_refusal_without_an_envelope_gets_one(body):
    error = json.loads(refusal(400, (), body, SECRETS).answer.body)["error"]
    assert error == {
        "message": "The model's provider refused the request.",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_request",
    }


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abc123def456",
        "sk-abc***********xyz",
        "org-AbCdEf123456",
        "proj_1234567890",
        "Bearer abcdef",
        "eyJhbGciOi.eyJzdWIi.c2ln",
        "https://llm.internal/v1",
        "opensesame",
        "0123456789abcdef0123456789abcdef",
    ],
)
def test_what_looks_like_a_secret_is_removed_from_messages(secret):
    assert scrub(f"Wrong: {secret}, sorry", SECRETS).startswith("Wrong: [removed]")
    assert secret not in scrub(f"Wrong: {secret}, sorry", SECRETS)


def test_words_of_a_sentence_stay():
    said = (
        "Unsupported value: 'max_completion_tokens_of_this_very_long_name' with gpt-5.2-2025 at messages[0].content[1]."
    )
    assert scrub(said, SECRETS) == said


def test_members_that_could_hide_something_are_left_out():
    refused = answered(400, message="m", type="a b", param="sk-abc123456789", code="opensesame")
    assert json.loads(refused.answer.body)["error"] == {
        "message": "m", "type": "invalid_request_error", "param": None, "code": "invalid_request",
    }  # fmt: skip


@settings(deadline=None)
@given(
    st.integers(201, 599),
    st.binary(max_size=100) | st.text(max_size=9000).map(lambda m: json.dumps({"error": {"message": m}}).encode()),
)
def test_any_answer_is_a_short_envelope(status, body):
    answer = refusal(status, (), body, SECRETS).answer
    error = json.loads(answer.body)["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert len(error["message"]) <= MESSAGE_MOST
    assert answer.status in {400, 404, 413, 422, 502, 503, 504}
