"""OAuth 2.0 for a public client with one key: PAR (RFC 9126), code + PKCE (RFC 7636), DPoP (RFC 9449), refresh, revoke.

`begin` → the user decides in a browser → `redeem`; `refresh` from then on, `revoke` at the end. Nothing here touches a
disk or a clock by itself.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from demo_client.answers import json_object, refusal, sending
from demo_client.dpop import USE_NONCE, Nonces, new_jti, proof
from demo_client.errors import LoginEnded, NotAServer, Refused
from demo_client.jose import Key, b64url, from_b64url, thumbprint
from demo_client.metadata import Metadata

SCOPES = ("openid", "models", "chat", "offline_access")
ID_TOKEN_LEEWAY_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What the token endpoint gave."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: float
    scope: str
    subject: str | None
    """Who logged in, from the id_token; None at a refresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """One authorization request, waiting for its answer. Every secret in it is for this request alone."""

    url: str
    """To be opened in the browser within the minute that a pushed request lives."""
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)


class Authority:
    """One authorization server, as one client with one key.

    Args:
        http: a client without authentication of its own.
        metadata: where the endpoints are.
        client_id: as registered there.
        key: every token is bound to it.
        clock: Unix seconds.
        token: makes random text for states, verifiers, nonces.
    """

    def __init__(
        self,
        http: httpx.Client,
        metadata: Metadata,
        *,
        client_id: str,
        key: Key,
        clock: Callable[[], float],
        token: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        self.metadata, self.client_id = metadata, client_id
        self._http, self._key, self._clock, self._token = http, key, clock, token
        self._nonces = Nonces()

    def begin(self, redirect_uri: str, scopes: tuple[str, ...] = SCOPES) -> Begun:
        """Push an authorization request. Raises ClientError."""
        state, verifier, nonce = self._token(), self._token(), self._token()
        answer = self._post(
            self.metadata.pushed_authorization_request_endpoint,
            {
                "response_type": "code",
                "redirect_uri": redirect_uri,
                "scope": " ".join(
                    scope for scope in scopes if not self.metadata.scopes or scope in self.metadata.scopes
                ),
                "state": state,
                "nonce": nonce,
                # RFC 7636 §4.2: only a hash travels through the browser.
                "code_challenge": b64url(hashlib.sha256(verifier.encode()).digest()),
                "code_challenge_method": "S256",
                # RFC 9449 §10: a code that is stolen on its way is good for nobody else's key.
                "dpop_jkt": thumbprint(self._key.jwk),
            },
        )
        request_uri = answer.get("request_uri")
        if not isinstance(request_uri, str):
            raise NotAServer("the server accepted the request and gave no request_uri.")
        # RFC 9126 §4: nothing but these two goes through the browser.
        query = urlencode({"client_id": self.client_id, "request_uri": request_uri})
        glue = "&" if "?" in self.metadata.authorization_endpoint else "?"
        url = f"{self.metadata.authorization_endpoint}{glue}{query}"
        return Begun(url=url, redirect_uri=redirect_uri, state=state, verifier=verifier, nonce=nonce)

    def redeem(self, begun: Begun, answer: Mapping[str, str]) -> Tokens:
        """Turn the answer that came to the redirect address into tokens.

        Args:
            begun: the request that it answers; `state` has been compared already.
            answer: the parameters of the redirect.

        Raises:
            ClientError: the user declined, or somebody else answered.
        """
        # RFC 9207 §2.4: before anything else, an error included, the answer must be this server's.
        if not secrets.compare_digest(answer.get("iss", "").encode(), self.metadata.issuer.encode()):
            raise NotAServer("the answer in the browser came from another server than the one that was asked.")
        if "error" in answer:
            raise refusal(answer["error"], answer.get("error_description", ""), 400)
        tokens = self._post(
            self.metadata.token_endpoint,
            {
                "grant_type": "authorization_code",
                "code": answer.get("code", ""),
                "redirect_uri": begun.redirect_uri,
                "code_verifier": begun.verifier,
            },
        )
        return self._tokens(tokens, nonce=begun.nonce)

    def refresh(self, refresh_token: str) -> Tokens:
        """The next tokens. Raises LoginEnded where there will be none any more; other ClientErrors may pass."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        try:
            answer = self._post(self.metadata.token_endpoint, form, tries=2)
        except Refused as error:
            if error.code == "invalid_grant":
                raise LoginEnded(error.code, "this login has ended.", "Log in again.", status=error.status) from None
            raise
        return self._tokens(answer)

    def revoke(self, refresh_token: str) -> None:
        """End the login at the server (RFC 7009). Raises ClientError."""
        if self.metadata.revocation_endpoint is not None:
            self._post(
                self.metadata.revocation_endpoint,
                {"token": refresh_token, "token_type_hint": "refresh_token"},
                tries=2,
            )

    def _post(self, url: str, form: Mapping[str, str], *, tries: int = 1) -> Mapping[str, Any]:
        """Send a form with a proof; answer one demand for a nonce.

        Args:
            url: the endpoint.
            form: its fields; `client_id` is added.
            tries: how often to send it where an answer is lost: only what the server can take twice.
        """
        response = self._send(url, form, tries)
        if response.status_code == 400 and json_object(response).get("error") == USE_NONCE:
            response = self._send(url, form, tries)  # RFC 9449 §8: with the nonce that came with the demand
        answer = json_object(response)
        if response.status_code not in {200, 201}:
            raise refusal(str(answer.get("error", "")), str(answer.get("error_description", "")), response.status_code)
        return answer

    def _send(self, url: str, form: Mapping[str, str], tries: int) -> httpx.Response:
        for left in reversed(range(tries)):
            signed = proof(self._key, "POST", url, nonce=self._nonces.of(url), now=self._clock(), jti=new_jti())
            with sending(url, again=left > 0):
                response = self._http.post(url, data={**form, "client_id": self.client_id}, headers={"DPoP": signed})
                self._nonces.learn(url, response.headers.get("DPoP-Nonce"))
                return response
        raise AssertionError("unreachable")

    def _tokens(self, answer: Mapping[str, Any], *, nonce: str | None = None) -> Tokens:
        token, kind, life = answer.get("access_token"), answer.get("token_type"), answer.get("expires_in")
        # RFC 9449 §5: an answer that says Bearer has given a token that anybody could use.
        if not isinstance(kind, str) or kind.lower() != "dpop":
            raise NotAServer("the server gave a token that is not bound to the key; it is not used.")
        if not isinstance(token, str) or not isinstance(life, int) or not isinstance(answer.get("scope", ""), str):
            raise NotAServer("the server's answer holds no usable token.")
        refresh = answer.get("refresh_token")
        return Tokens(
            access_token=token,
            refresh_token=refresh if isinstance(refresh, str) else None,
            expires_at=self._clock() + life,
            scope=answer.get("scope", ""),
            subject=self._subject(answer["id_token"], nonce) if nonce and "id_token" in answer else None,
        )

    def _subject(self, id_token: object, nonce: str) -> str:
        """Who logged in. OpenID Connect Core §3.1.3.7 (6): TLS to the token endpoint vouches for the signature."""
        try:
            claims = json.loads(from_b64url(str(id_token).split(".")[1]))
            audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
            ours = claims["iss"] == self.metadata.issuer and self.client_id in audience and claims["nonce"] == nonce
            if ours and claims["exp"] > self._clock() - ID_TOKEN_LEEWAY_SECONDS:
                return str(claims["sub"])
        except (ValueError, LookupError, TypeError, RecursionError):
            pass
        raise NotAServer("the server's id_token was made for another request.")
