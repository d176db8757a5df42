"""Errors at the edge: RFC 9457 problem documents, error pages for people, and a record of each refusal."""

from __future__ import annotations

import http
import traceback

import structlog
from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException

from boundgate.errors import BoundgateError, problem_document
from boundgate.routes import oauth_errors
from boundgate.routes.context import caller, services, wants_page
from boundgate.routes.recording import Outcome, call_context, record_call, record_event
from boundgate.routes.views import render
from boundgate.routes.wire import openai_error_response

log = structlog.get_logger()

_CODES = {400: "invalid_request", 404: "not_found", 405: "method_not_allowed", 413: "request_too_large"}
_DETAILS = {
    400: "The request cannot be read.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    413: "The request's body is larger than this server takes.",
}


def install(app: Quart) -> None:
    """Answer every error in the form that its endpoint's clients read."""
    app.register_error_handler(BoundgateError, _declared)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _undeclared)


async def _declared(error: BoundgateError) -> Response:
    return await error_response(error)


async def _http(error: HTTPException) -> Response:
    status = error.code or 500
    declared = BoundgateError(
        _DETAILS.get(status, "The request was refused."), code=_CODES.get(status, "request_refused")
    )
    response = await error_response(declared, status=status)
    for name, value in error.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response


async def _undeclared(error: Exception) -> Response:
    # Only the type and the places: a message or a local variable might hold what must not be logged.
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    log.error("undeclared exception", request_id=caller().request_id, error=type(error).__name__, places=places)
    detail = f"Something failed on this side. The operator finds it under {caller().request_id}."
    return await error_response(BoundgateError(detail), status=500)


async def error_response(error: BoundgateError, *, status: int | None = None) -> Response:
    """The answer for an error: OpenAI envelope under `/v1`, a page for a navigation, OAuth's own form under `/oauth`,
    a problem document elsewhere."""
    status = status or error.status
    if request.path == "/v1" or request.path.startswith("/v1/"):
        record_call(call_context(), Outcome(decision=error.public_code, status=status, reason=error.detail))
        return openai_error_response(error, status)
    record_event(_kind(), error.public_code, reason=error.detail)
    if wants_page():
        return await _page(error, status)
    if request.path.startswith(oauth_errors.PREFIX):
        return oauth_errors.oauth_error_response(error, status)
    return problem(error, status)


def problem(error: BoundgateError, status: int) -> Response:
    """An RFC 9457 problem document."""
    return Response(problem_document(error, status), status=status, content_type="application/problem+json")


async def _page(error: BoundgateError, status: int) -> Response:
    signed_out = status == http.HTTPStatus.UNAUTHORIZED
    return await render(
        "error.html",
        page_status=status,
        status=status,
        title=http.HTTPStatus(status).phrase,
        detail=error.detail,
        action_href="/",
        action_label="Sign in" if signed_out else f"Back to {services().settings.organisation}",
    )


def _kind() -> str:
    return request.endpoint or "http.unknown"
