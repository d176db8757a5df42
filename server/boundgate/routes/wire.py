"""Answers of `/v1` that are not a model's: the OpenAI envelope, and the standard challenge beside it."""

from __future__ import annotations

from quart import Response

from boundgate.errors import BoundgateError
from boundgate.gateway.wire import error_type, openai_error, to_json

# RFC 9449 §7.1 and RFC 9470 §3 define these; a code that is not listed has no challenge of its own.
_CHALLENGES = {
    "invalid_token": 'DPoP error="invalid_token"',
    "binding_required": 'DPoP error="invalid_token", error_description="a device-bound session is required"',
    "proof_required": 'DPoP error="invalid_dpop_proof", error_description="a fresh proof of the key is required"',
    "session_revoked": 'DPoP error="invalid_token", error_description="the session has ended"',
    "step_up_required": 'DPoP error="insufficient_user_authentication"',
}


def openai_error_response(error: BoundgateError, status: int) -> Response:
    """One of our errors as the OpenAI packages read them."""
    envelope = openai_error(error.detail, error_type(status), error.param, error.public_code)
    response = Response(to_json(envelope), status=status, content_type="application/json")
    if status == 401:
        response.headers["WWW-Authenticate"] = _CHALLENGES.get(error.public_code, _CHALLENGES["invalid_token"])
    return response
