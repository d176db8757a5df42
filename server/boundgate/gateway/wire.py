"""The OpenAI wire format: error envelopes, answers, server-sent events."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from boundgate.errors import BoundgateError
from boundgate.gateway.upstream import Headers

JSON_TYPE = ("content-type", "application/json")
DONE = b"data: [DONE]\n\n"
_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainAnswer:
    """An answer in one piece. `code` is the error code of an answer that is an error, for the records."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    code: str | None = None


def error_type(status: int) -> str:
    """The `type` that the OpenAI packages expect beside a status."""
    if status >= 500:
        return "server_error"
    return _TYPES.get(status, "invalid_request_error")


def openai_error(message: str, type_: str, param: str | None, code: str | None) -> dict[str, Any]:
    """The error envelope of the OpenAI API."""
    return {"error": {"message": message, "type": type_, "param": param, "code": code}}


def envelope(error: BoundgateError) -> dict[str, Any]:
    """The envelope of one of our errors."""
    return openai_error(error.detail, error_type(error.status), error.param, error.public_code)


def error_answer(error: BoundgateError, headers: Headers = ()) -> PlainAnswer:
    """One of our errors as an answer; `headers` are added to its content type."""
    return PlainAnswer(
        status=error.status, headers=(JSON_TYPE, *headers), body=to_json(envelope(error)), code=error.public_code
    )


def to_json(value: Any) -> bytes:
    """JSON for callers: ASCII, one line."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def sse_event(value: Any) -> bytes:
    """One server-sent event with a JSON value as its data (HTML, 9.2 Server-sent events)."""
    return b"data: " + to_json(value) + b"\n\n"
