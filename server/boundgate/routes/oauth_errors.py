"""Errors under `/oauth`, as OAuth clients read them (RFC 6749 §5.2)."""

from __future__ import annotations

import json
import re

from quart import Response, request

from boundgate.attestation.wire import ACTIVATE_PATH, ATTESTATION_PATH
from boundgate.dpop import DpopError
from boundgate.errors import BoundgateError
from boundgate.oauth.errors import (
    InsufficientScope,
    InvalidClient,
    InvalidRequest,
    InvalidToken,
    OAuthError,
    TooManyRequests,
)
from boundgate.oauth.metadata import USERINFO_PATH
from boundgate.oauth.model import Scope
from boundgate.routes.oauth_own import PATHS as OWN_PATHS
from boundgate.routes.wire import scope_challenge, token_challenge

PREFIX = "/oauth/"
_RESOURCES = frozenset({USERINFO_PATH, ATTESTATION_PATH, ACTIVATE_PATH}) | OWN_PATHS
_NOT_ALLOWED = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
"""RFC 6749 §5.2: what `error_description` must not hold."""


def oauth_error_response(error: BoundgateError, status: int) -> Response:
    """`{"error", "error_description"}`, never with anything that was sent."""
    code, status = _code(error, status), _status(error, status)
    body = {"error": code, "error_description": _NOT_ALLOWED.sub("'", error.detail)}
    response = Response(json.dumps(body), status=status, content_type="application/json")
    # RFC 6749 §5.1: no answer of these endpoints is stored anywhere.
    response.headers["Cache-Control"] = "no-store"
    if status == 401:
        response.headers["WWW-Authenticate"] = _challenge(error)
    elif isinstance(error, InsufficientScope):
        response.headers["WWW-Authenticate"] = scope_challenge(Scope.OPENID)
    elif isinstance(error, TooManyRequests):
        # RFC 6585 §4
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _code(error: BoundgateError, status: int) -> str:
    if isinstance(error, InvalidToken):
        # Elsewhere it may say more (`session_revoked`); RFC 6750 §3.1 has one code for it.
        return InvalidToken.code
    if isinstance(error, OAuthError | DpopError) or error.public_code == InvalidToken.code:
        return error.public_code
    if status < 500:
        return InvalidRequest.code
    # RFC 6749 §4.1.2.1 has names for what is wrong on this side.
    code = "server_error"
    if status == 503:
        code = "temporarily_unavailable"
    return code


def _status(error: BoundgateError, status: int) -> int:
    # RFC 9449 §5, §8: at the endpoints of the authorization server 400; 401 is for resources, like userinfo.
    if isinstance(error, DpopError):
        return 401 if request.path in _RESOURCES else 400
    # RFC 6749 §5.2: 401 only for who tried the Authorization header, for it takes a challenge of the same scheme.
    if isinstance(error, InvalidClient):
        return 401 if "Authorization" in request.headers else 400
    return status


def _challenge(error: BoundgateError) -> str:
    if isinstance(error, InvalidClient):
        return 'Basic realm="private_key_jwt is the only client authentication", charset="UTF-8"'
    return token_challenge(_code(error, 401))
