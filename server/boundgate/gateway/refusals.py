"""What a caller learns when the upstream answers with something other than success."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from boundgate import strict_json
from boundgate.errors import BoundgateError, UpstreamError, UpstreamOverloaded, UpstreamTimeout
from boundgate.gateway.upstream import Headers
from boundgate.gateway.wire import JSON_TYPE, PlainAnswer, error_answer, error_type, openai_error, to_json

MESSAGE_MOST = 2000
NO_RETRY = ("x-should-retry", "false")
"""The OpenAI packages repeat a 5xx by themselves; what was charged must not be repeated unasked."""

_REMOVED = "[removed]"
_NO_MESSAGE = "The model's provider refused the request."
_SECRET_LIKE = re.compile(
    r"(?P<certain>https?://\S+|Bearer\s+\S+|eyJ[\w-]+\.[\w.-]+)"
    r"|\b(?:sk|rk|pk|sess|org|proj|key|api)[-_][\w*-]{6,}"
    r"|[\w+/=-]{32,}",
    re.IGNORECASE | re.ASCII,
)
_PLAIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_PLAIN_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]-]{0,199}")
_PASSED_CODES = {400: "invalid_request", 404: "model_not_found", 413: "request_too_large", 422: "invalid_request"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer for the caller, and whether the call may be on the upstream's bill."""

    answer: PlainAnswer
    charged: bool


def refusal(status: int, headers: Headers, body: bytes, secrets: tuple[str, ...]) -> Refusal:
    """Translate an answer of the upstream whose status is not 200.

    Complaints about the request (400, 404, 413, 422) are passed on, rebuilt; anything else is between the operator
    and the provider. A call is taken to be unbilled if it was refused (4xx) or not begun (3xx, 503).
    """
    if status in _PASSED_CODES:
        return Refusal(_rebuilt(status, headers, body, secrets), charged=False)
    error = _ERRORS.get(status, _broken)()
    charged = not 300 <= status < 500 and status != 503
    kept = tuple(header for header in headers if header[0] != "retry-after" or error.status == 503)
    return Refusal(error_answer(error, (*kept, NO_RETRY) if charged else kept), charged=charged)


def rebuilt_error(value: Any, status: int, secrets: tuple[str, ...]) -> dict[str, Any]:
    """An envelope with the message, type, param and code of another, each freed of what could be a secret."""
    inner = value.get("error") if isinstance(value, dict) else None
    given = inner if isinstance(inner, dict) else {"message": inner}
    message = given.get("message")
    return openai_error(
        scrub(message, secrets) if isinstance(message, str) and message else _NO_MESSAGE,
        _word(given.get("type"), _PLAIN_WORD, secrets) or error_type(status),
        _word(given.get("param"), _PLAIN_PATH, secrets),
        _word(given.get("code"), _PLAIN_WORD, secrets) or _PASSED_CODES.get(status, UpstreamError.code),
    )


def scrub(message: str, secrets: tuple[str, ...]) -> str:
    """A message without the given secrets, nor anything else that looks like a key, a token or an address."""
    for secret in secrets:
        message = message.replace(secret, _REMOVED)
    return _SECRET_LIKE.sub(_removed, message[: 2 * MESSAGE_MOST])[:MESSAGE_MOST]


def _removed(found: re.Match[str]) -> str:
    # Words of a sentence, such as max_completion_tokens, have no digit and no asterisk.
    return _REMOVED if found["certain"] or re.search(r"[0-9*]", found[0]) else found[0]


def _word(value: Any, pattern: re.Pattern[str], secrets: tuple[str, ...]) -> str | None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        return None
    return value if scrub(value, secrets) == value else None


def _rebuilt(status: int, headers: Headers, body: bytes, secrets: tuple[str, ...]) -> PlainAnswer:
    try:
        value = strict_json.loads(body)
    except strict_json.StrictJSONError:
        value = None
    rebuilt = rebuilt_error(value, status, secrets)
    kept = tuple(header for header in headers if header[0] != "retry-after")
    return PlainAnswer(status=status, headers=(JSON_TYPE, *kept), body=to_json(rebuilt), code=rebuilt["error"]["code"])


def _broken() -> BoundgateError:
    return UpstreamError("The model's provider failed on this call. Try again later.")


def _not_admitted() -> BoundgateError:
    return UpstreamError("The model's provider does not admit this server. Tell the operator; your sign-in is fine.")


def _overloaded() -> BoundgateError:
    return UpstreamOverloaded("The model's provider takes no more calls at the moment. Try again in a while.")


def _timed_out() -> BoundgateError:
    return UpstreamTimeout("The model's provider did not answer in time. Try again later.")


_ERRORS = {
    401: _not_admitted,
    402: _not_admitted,
    403: _not_admitted,
    408: _timed_out,
    429: _overloaded,
    503: _overloaded,
    504: _timed_out,
}
