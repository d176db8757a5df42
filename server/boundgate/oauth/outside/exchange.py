"""What is sent to a provider, and what comes back: Authlib writes the requests, and this server carries them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from joserfc import jwt
from joserfc.jwk import ECKey

from boundgate import strict_json
from boundgate.clock import Clock
from boundgate.oauth.outside.errors import OutsideDenied, OutsideMixedUp, OutsideRefused, OutsideUnacceptable
from boundgate.oauth.outside.metadata import ProviderMetadata
from boundgate.oauth.outside.model import Provider, Waiting
from boundgate.oauth.outside.ports import Web, WebAnswer

_CONTENT = "application/x-www-form-urlencoded"
_KNOWN_ERRORS = frozenset(
    {
        *("invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "server_error"),
        *("temporarily_unavailable", "interaction_required", "login_required", "account_selection_required"),
        *("consent_required", "invalid_client", "invalid_grant", "unsupported_grant_type", "invalid_dpop_proof"),
    }
)
"""Of RFC 6749 §4.1.2.1, §5.2, OpenID Connect Core §3.1.2.6 and RFC 9449: only what is known is repeated."""


def authorization_url(provider: Provider, metadata: ProviderMetadata, waiting: Waiting, *, state: str) -> str:
    """Where the browser goes (OpenID Connect Core §3.1.2.1, RFC 7636 §4.3)."""
    client = OAuth2Client(
        None,
        client_id=provider.client_id,
        scope=" ".join(provider.scopes),
        redirect_uri=provider.redirect_uri,
        code_challenge_method="S256",
    )
    url, _ = client.create_authorization_url(
        metadata.authorization_endpoint, state=state, code_verifier=waiting.verifier, nonce=waiting.nonce
    )
    return str(url)


def code_of(parameters: Mapping[str, str], metadata: ProviderMetadata, provider: Provider) -> str:
    """The code of an answer whose `state` has been checked (RFC 6749 §4.1.2, RFC 9207 §2.4).

    Raises:
        OutsideMixedUp: `iss` is another's, or is missing where the provider always sends it.
        OutsideDenied, OutsideRefused: it is an error.
    """
    issuer = parameters.get("iss")
    if issuer != provider.issuer and (issuer is not None or metadata.names_itself):
        raise OutsideMixedUp
    if "error" in parameters:
        raise _refusal(parameters["error"], provider)
    code = parameters.get("code")
    if code is None:
        raise OutsideUnacceptable(f"The answer of {provider.name} has no code in it. Begin again.")
    return code


class TokenExchange:
    """Turns a code into an ID token. What else the provider issues is thrown away unseen.

    Args:
        new_token: gives unguessable text.
    """

    def __init__(self, *, web: Web, clock: Clock, new_token: Callable[[], str]) -> None:
        self._web, self._clock, self._new_token = web, clock, new_token

    async def id_token(self, provider: Provider, metadata: ProviderMetadata, *, code: str, verifier: str) -> str:
        """Use a code up (RFC 6749 §4.1.3, RFC 7636 §4.5).

        Raises:
            OutsideUnreachable, OutsideRefused, OutsideUnacceptable
        """
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=provider.redirect_uri, code_verifier=verifier
        )
        url, headers, body = _authenticated(provider, metadata, body)
        key = ECKey.generate_key("P-256") if metadata.binds_tokens else None
        answer = await self._post(url, body, headers, key)
        if key is not None and answer.status == 400 and "dpop-nonce" in answer.headers:
            # RFC 9449 §8: nothing was used up; once more with the nonce that it asks for.
            answer = await self._post(url, body, headers, key, nonce=answer.headers["dpop-nonce"])
        return _id_token(answer, provider)

    async def _post(
        self, url: str, body: str, headers: Mapping[str, str], key: ECKey | None, *, nonce: str | None = None
    ) -> WebAnswer:
        proof = {} if key is None else {"DPoP": self._proof(key, url, nonce)}
        return await self._web.post_form(url, body, {**headers, **proof})

    def _proof(self, key: ECKey, url: str, nonce: str | None) -> str:
        """RFC 9449 §4.2. The key is made for this one request: what it binds is not kept."""
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
        claims: dict[str, Any] = {"jti": self._new_token(), "htm": "POST", "htu": url, "iat": int(self._clock())}
        return jwt.encode(header, claims | ({"nonce": nonce} if nonce is not None else {}), key)


def _authenticated(provider: Provider, metadata: ProviderMetadata, body: str) -> tuple[str, dict[str, str], str]:
    headers = {"Accept": "application/json", "Content-Type": _CONTENT}
    client_id, secret, method = provider.client_id, provider.client_secret, "none"
    if secret is not None:
        method = metadata.secret_method
    if method == "client_secret_basic":
        # RFC 6749 §2.3.1: both are encoded before they are joined.
        client_id, secret = quote_plus(client_id), quote_plus(secret or "")
    url, headers, body = ClientAuth(client_id, secret, method).prepare("POST", metadata.token_endpoint, headers, body)
    return url, headers, body


def _id_token(answer: WebAnswer, provider: Provider) -> str:
    try:
        members = strict_json.loads_object(answer.body, max_depth=16)
    except strict_json.StrictJSONError:
        members = {}
    if answer.status != 200 or "error" in members:
        error = members.get("error")
        raise _refusal(error if isinstance(error, str) else "", provider)
    token = members.get("id_token")
    if not isinstance(token, str):
        raise OutsideUnacceptable(f"The answer of {provider.name} says nothing about who you are. Tell your operator.")
    return token


def _refusal(error: str, provider: Provider) -> OutsideDenied | OutsideRefused:
    if error == "access_denied":
        return OutsideDenied(f"You were not let in at {provider.name}, or said no there. Nothing was changed here.")
    said = f" ({error})" if error in _KNOWN_ERRORS else ""
    return OutsideRefused(
        f"{provider.name} reports an error{said}. Begin again; if that does not help, tell your operator."
    )
