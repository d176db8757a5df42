from __future__ import annotations

import json

import pytest

from boundgate.errors import (
    AuthenticationError,
    BadRequest,
    BoundgateError,
    Forbidden,
    NotFound,
    StorageUnavailable,
    TooLarge,
    UnknownParameter,
    UpstreamTimeout,
)
from boundgate.gateway.wire import error_answer, error_type, openai_error, sse_event


@pytest.mark.parametrize(
    ("error", "status", "type_"),
    [
        (BadRequest, 400, "invalid_request_error"),
        (UnknownParameter, 400, "invalid_request_error"),
        (AuthenticationError, 401, "authentication_error"),
        (Forbidden, 403, "permission_error"),
        (NotFound, 404, "not_found_error"),
        (TooLarge, 413, "invalid_request_error"),
        (StorageUnavailable, 503, "server_error"),
        (UpstreamTimeout, 504, "server_error"),
        (BoundgateError, 500, "server_error"),
    ],
)
def test_each_error_is_an_openai_envelope(error, status, type_):
    answer = error_answer(error("What is wrong.", param="p"), (("x-a", "b"),))
    assert answer.status == status
    assert answer.headers == (("content-type", "application/json"), ("x-a", "b"))
    assert answer.code == error.code
    assert json.loads(answer.body) == openai_error("What is wrong.", type_, "p", error.code)


def test_too_many_requests_is_a_rate_limit_error():
    assert error_type(429) == "rate_limit_error"


def test_an_event_is_one_ascii_line_whatever_it_holds():
    assert sse_event({"a": "\n\r\u2028é\ud800"}) == b'data: {"a":"\\n\\r\\u2028\\u00e9\\ud800"}\n\n'
