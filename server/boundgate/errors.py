"""Every error that may reach a caller.

    BoundgateError
    ├── BadRequest            400  what was sent cannot be read
    ├── UnknownParameter      400  a field that is on no list
    ├── AuthenticationError   401  no, or no acceptable, credential
    ├── Forbidden             403  known caller, not allowed
    ├── NotFound              404
    ├── Conflict              409  the state does not admit it
    ├── Gone                  410  was valid once: used, expired, ended
    ├── TooLarge              413
    ├── Misdirected           421  a host that is not ours
    ├── UpstreamError         502, 503, 504
    ├── StorageUnavailable    503
    └── dbsc.DbscError             see dbsc/errors.py

`detail` is public: it says what is wrong and what to do, and never carries token material. What only the operator
may know goes to the log.
"""

from __future__ import annotations

import http
import json
from enum import StrEnum
from typing import ClassVar


class Disposition(StrEnum):
    """What whoever answers the caller must do about an error."""

    REJECT = "reject"
    RETRY = "retry"
    TERMINATE = "terminate"
    PROVE = "prove"
    STEP_UP = "step_up"


class BoundgateError(Exception):
    """Base of all declared errors.

    Args:
        detail: one or two public sentences; what is wrong, and what to do.
        code: overrides the class's machine-readable code.
        param: the name of the offending field, where there is one.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    disposition: ClassVar[Disposition] = Disposition.REJECT

    def __init__(self, detail: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.public_code = code or type(self).code
        self.param = param


class BadRequest(BoundgateError):
    code = "invalid_request"
    status = 400


class UnknownParameter(BadRequest):
    code = "unknown_parameter"


class AuthenticationError(BoundgateError):
    code = "invalid_token"
    status = 401


class Forbidden(BoundgateError):
    code = "forbidden"
    status = 403


class NotFound(BoundgateError):
    code = "not_found"
    status = 404


class MethodNotAllowed(BoundgateError):
    code = "method_not_allowed"
    status = 405


class Conflict(BoundgateError):
    code = "conflict"
    status = 409


class Gone(BoundgateError):
    code = "gone"
    status = 410


class TooLarge(BoundgateError):
    code = "request_too_large"
    status = 413


class UnsupportedMediaType(BoundgateError):
    code = "unsupported_media_type"
    status = 415


class Misdirected(BoundgateError):
    code = "misdirected_request"
    status = 421


class UpstreamError(BoundgateError):
    code = "upstream_error"
    status = 502


class UpstreamOverloaded(UpstreamError):
    code = "overloaded"
    status = 503


class UpstreamTimeout(UpstreamError):
    code = "upstream_timeout"
    status = 504


class StorageUnavailable(BoundgateError):
    code = "storage_unavailable"
    status = 503


def problem_document(error: BoundgateError, status: int) -> bytes:
    """An RFC 9457 problem document for one of our errors."""
    document = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": error.detail,
        "code": error.public_code,
    }
    if error.param:
        document["param"] = error.param
    return json.dumps(document).encode()
