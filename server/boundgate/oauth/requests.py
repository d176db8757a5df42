"""Every parameter of an authorization request, checked alike whether it was pushed or came through the browser."""

from __future__ import annotations

import re
from collections.abc import Mapping

from boundgate.oauth.errors import (
    AuthorizationRefused,
    InvalidRequest,
    InvalidTarget,
    OAuthError,
    UnauthorizedClient,
    UnsupportedResponseType,
)
from boundgate.oauth.model import AuthorizationRequest, Client, Grant
from boundgate.oauth.parameters import required
from boundgate.oauth.redirects import match_redirect_uri
from boundgate.oauth.rules import OAuthRules
from boundgate.oauth.scopes import read_scope, scope_text

STATE_MAX_CHARS = 2048
NONCE_MAX_CHARS = 1024
ACR_VALUES_MAX_CHARS = 1024
_SHA256 = re.compile(r"[A-Za-z0-9_-]{43}")
_DIGITS = re.compile(r"[0-9]{1,9}")


def check_request(
    client: Client, parameters: Mapping[str, str], *, rules: OAuthRules, proved_jkt: str | None
) -> AuthorizationRequest:
    """Check every parameter of an authorization request.

    Args:
        proved_jkt: thumbprint of a key that was proved when the request was pushed.

    Raises:
        OAuthError: the redirect URI is not one of the client's, so nothing may be sent to it.
        AuthorizationRefused
    """
    redirect_uri = required(parameters, "redirect_uri")
    # RFC 6749 §4.1.2.1, RFC 9700 §2.1: a URI that does not match is never redirected to.
    if not match_redirect_uri(redirect_uri, registered=client.redirect_uris):
        raise InvalidRequest(
            "The program asks to be answered at an address that is not registered for it. Nothing was sent there.",
            param="redirect_uri",
        )
    # A state that is too long is not sent back, so it cannot be refused by redirection either.
    state = parameters.get("state")
    if state is not None and len(state) > STATE_MAX_CHARS:
        raise InvalidRequest(f'"state" is longer than {STATE_MAX_CHARS} characters.', param="state")
    try:
        return _check_rest(client, parameters, redirect_uri=redirect_uri, rules=rules, proved_jkt=proved_jkt)
    except OAuthError as error:
        raise AuthorizationRefused(error, redirect_uri=redirect_uri, state=state) from None


def parameters_of(request: AuthorizationRequest) -> dict[str, str]:
    """The parameters from which the same request is read again; the key that it is bound to is kept beside them."""
    given: dict[str, str | None] = {
        "response_type": "code",
        "redirect_uri": request.redirect_uri,
        "scope": scope_text(request.scope),
        "state": request.state,
        "code_challenge": request.code_challenge,
        "code_challenge_method": "S256",
        "nonce": request.nonce,
        "max_age": None if request.max_age is None else str(request.max_age),
        "acr_values": " ".join(request.acr_values) or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _check_rest(
    client: Client, parameters: Mapping[str, str], *, redirect_uri: str, rules: OAuthRules, proved_jkt: str | None
) -> AuthorizationRequest:
    _check_response_type(parameters)
    if Grant.AUTHORIZATION_CODE not in client.grants:
        raise UnauthorizedClient("The client is not registered for authorization_code.")
    _refuse_unsupported(parameters)
    # RFC 8707 §2
    if parameters.get("resource", rules.resource) != rules.resource:
        raise InvalidTarget(f"Tokens of this server are for {rules.resource} alone.", param="resource")
    nonce = parameters.get("nonce")
    if nonce is not None and len(nonce) > NONCE_MAX_CHARS:
        raise InvalidRequest(f'"nonce" is longer than {NONCE_MAX_CHARS} characters.', param="nonce")
    return AuthorizationRequest(
        client=client,
        redirect_uri=redirect_uri,
        scope=read_scope(parameters.get("scope"), client=client),
        state=parameters.get("state"),
        code_challenge=_challenge(parameters),
        nonce=nonce,
        jkt=_bound_key(parameters, proved_jkt),
        max_age=_max_age(parameters.get("max_age")),
        acr_values=_acr_values(parameters.get("acr_values", "")),
    )


def _check_response_type(parameters: Mapping[str, str]) -> None:
    response_type = required(parameters, "response_type")
    # RFC 9700 §2.1.2: tokens are never sent through the browser.
    if response_type != "code":
        raise UnsupportedResponseType(
            'The only response_type is "code"; the implicit and hybrid flows are off, because they send tokens '
            "through the browser."
        )


def _refuse_unsupported(parameters: Mapping[str, str]) -> None:
    # OpenID Connect Core §6.1: what is not supported has an error of its own.
    if "request" in parameters:
        raise InvalidRequest("Request objects are not supported.", code="request_not_supported", param="request")
    if parameters.get("response_mode", "query") != "query":
        raise InvalidRequest('The only response_mode is "query".', param="response_mode")
    # OpenID Connect Core §3.1.2.1: without any page there can be no touch, and each request takes one.
    if "none" in parameters.get("prompt", "").split():
        raise InvalidRequest("Each request takes a touch of a passkey.", code="interaction_required", param="prompt")


def _challenge(parameters: Mapping[str, str]) -> str:
    challenge = parameters.get("code_challenge")
    # RFC 7636 §4.4.1: without one the request is refused.
    if challenge is None:
        raise InvalidRequest("PKCE is required: send code_challenge (RFC 7636 §4.3).", param="code_challenge")
    # §4.3: the default method is `plain`, which shows the verifier to whoever sees the request.
    if parameters.get("code_challenge_method") != "S256":
        raise InvalidRequest('The only code_challenge_method is "S256".', param="code_challenge_method")
    if not _SHA256.fullmatch(challenge):
        raise InvalidRequest("code_challenge is not a SHA-256 in base64url (RFC 7636 §4.2).", param="code_challenge")
    return challenge


def _bound_key(parameters: Mapping[str, str], proved_jkt: str | None) -> str | None:
    named = parameters.get("dpop_jkt")
    if named is not None and not _SHA256.fullmatch(named):
        raise InvalidRequest("dpop_jkt is not a JWK SHA-256 thumbprint (RFC 9449 §10).", param="dpop_jkt")
    # RFC 9449 §10.1: a proof and a named key must agree.
    if named is not None and proved_jkt is not None and named != proved_jkt:
        raise InvalidRequest("The DPoP proof is by another key than dpop_jkt names (RFC 9449 §10.1).", param="dpop_jkt")
    return proved_jkt if proved_jkt is not None else named


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not _DIGITS.fullmatch(text):
        raise InvalidRequest("max_age is a number of seconds.", param="max_age")
    return int(text)


def _acr_values(text: str) -> tuple[str, ...]:
    if len(text) > ACR_VALUES_MAX_CHARS:
        raise InvalidRequest(f"acr_values is longer than {ACR_VALUES_MAX_CHARS} characters.", param="acr_values")
    return tuple(text.split())
