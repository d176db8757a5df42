"""Answers of `/v1` that are not a model's: the OpenAI envelope, and the standard challenge beside it."""

from __future__ import annotations

from quart import Response

from boundgate.dpop import ALGORITHMS
from boundgate.errors import BoundgateError
from boundgate.gateway.wire import error_type, openai_error, to_json
from boundgate.routes.context import services

RESOURCE_METADATA_PATH = "/.well-known/oauth-protected-resource/v1"
"""Of the resource `/v1` (RFC 9728 §3.1)."""

# RFC 9449 §7.1, §9 and RFC 9470 §3 define these; a code that is not listed has no challenge of its own.
_CHALLENGES = {
    "invalid_token": 'DPoP error="invalid_token"',
    "invalid_dpop_proof": 'DPoP error="invalid_dpop_proof"',
    "use_dpop_nonce": 'DPoP error="use_dpop_nonce", error_description="the proof needs the nonce in DPoP-Nonce"',
    "binding_required": 'DPoP error="invalid_token", error_description="a device-bound session is required"',
    "proof_required": 'DPoP error="invalid_dpop_proof", error_description="a fresh proof of the key is required"',
    "session_revoked": 'DPoP error="invalid_token", error_description="the session has ended"',
    "step_up_required": 'DPoP error="insufficient_user_authentication"',
}


def openai_error_response(error: BoundgateError, status: int, *, needed_scope: str | None = None) -> Response:
    """One of our errors as the OpenAI packages read them.

    Args:
        needed_scope: told with `insufficient_scope` (RFC 6750 §3.1).
    """
    envelope = openai_error(error.detail, error_type(status), error.param, error.public_code)
    response = Response(to_json(envelope), status=status, content_type="application/json")
    if status == 401:
        response.headers["WWW-Authenticate"] = token_challenge(error.public_code)
    elif needed_scope is not None:
        response.headers["WWW-Authenticate"] = scope_challenge(needed_scope)
    return response


def token_challenge(code: str) -> str:
    """`WWW-Authenticate` of a 401 with this code."""
    return _challenge(_CHALLENGES.get(code, _CHALLENGES["invalid_token"]))


def scope_challenge(needed_scope: str) -> str:
    """`WWW-Authenticate` of a 403 for want of a scope (RFC 6750 §3.1)."""
    return _challenge(f'DPoP error="insufficient_scope", scope="{needed_scope}"')


def _challenge(error: str) -> str:
    # RFC 9449 §7.1: what a proof may be signed with; RFC 9728 §5.1: where a client learns how to get a token.
    metadata = services().origin + RESOURCE_METADATA_PATH
    return f'{error}, algs="{" ".join(ALGORITHMS)}", resource_metadata="{metadata}"'
