"""An OpenID provider that somebody else might have written: it shares nothing with the server but joserfc's signatures.

    provider = SoftProvider("https://id.example", clients={"bg": Registered("secret", [redirect_uri])})
    where = provider.authorize(url)            # what the browser is sent back with, as a person who says yes
    web = SoftWeb(provider)                    # the back channel, in this process

Every answer can be made a lie: `lies` replaces members of the ID token, and the other fields do what they say.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from boundgate.oauth.outside.errors import OutsideUnreachable
from boundgate.oauth.outside.ports import WebAnswer

Key = ECKey | RSAKey | OctKey
_FRESH = count(1)


@dataclass
class Registered:
    """A client; without a secret it is public."""

    secret: str | None
    redirect_uris: list[str]


@dataclass
class SoftProvider:
    """One provider at which one person, `subject`, is always signed in and always says yes."""

    issuer: str
    clients: dict[str, Registered] = field(default_factory=dict)
    clock: Callable[[], float] = time.time
    subject: str = "248289761001"
    email: str = "alice@example.com"
    key: Key = field(default_factory=lambda: ECKey.generate_key("P-256", parameters={"kid": "one"}))
    algorithm: str = "ES256"
    answers_with_iss: bool = True
    metadata: dict[str, Any] = field(default_factory=dict)
    """Members that replace those of the metadata; None takes one away."""
    lies: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    issued: list[str] = field(default_factory=list)
    """Every code that was ever given out."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """(method, path) of what came over the back channel."""

    def register(self, client_id: str, redirect_uri: str, *, secret: str | None = "s3cret %&+") -> None:
        self.clients[client_id] = Registered(secret, [redirect_uri])

    def authorize(self, url: str, *, error: str | None = None) -> str:
        """Follow a redirect to the authorization endpoint; gives where the browser goes from there."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query, strict_parsing=True).items()}
        client = self.clients[asked["client_id"]]
        assert asked["redirect_uri"] in client.redirect_uris, "RFC 6749 §3.1.2.3"
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert "openid" in asked["scope"].split()
        assert asked["nonce"]
        answer = {"state": asked["state"], **({"iss": self.issuer} if self.answers_with_iss else {})}
        if error is not None:
            return f"{asked['redirect_uri']}?{urlencode({'error': error} | answer)}"
        code = f"code-{next(_FRESH):040d}"
        self.codes[code] = asked
        self.issued.append(code)
        return f"{asked['redirect_uri']}?{urlencode({'code': code} | answer)}"

    def handle(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> WebAnswer:
        """The back channel."""
        self.asked.append((method, path))
        if path == "/.well-known/openid-configuration":
            return _json(self.published())
        if path == "/jwks":
            return _json({"keys": [self.key.as_dict(private=False) | {"use": "sig"}]})
        if (method, path) == ("POST", "/token"):
            return self._token({name: values[0] for name, values in parse_qs(body).items()}, headers)
        return _json({"error": "not_found"}, 404)

    def published(self) -> dict[str, Any]:
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.algorithm],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": self.answers_with_iss,
        }
        return {name: value for name, value in (found | self.metadata).items() if value is not None}

    def _token(self, sent: dict[str, str], headers: Mapping[str, str]) -> WebAnswer:
        client_id, secret = _client(sent, headers)
        client = self.clients.get(client_id)
        if client is None or client.secret != secret:
            return _json({"error": "invalid_client"}, 401)
        asked = self.codes.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        fits = asked is not None and (asked["client_id"], asked["redirect_uri"], asked["code_challenge"]) == (
            client_id,
            sent.get("redirect_uri"),
            challenge,
        )
        if asked is None or not fits or sent.get("grant_type") != "authorization_code":
            return _json({"error": "invalid_grant"}, 400)
        return _json({"access_token": "unused-access-token", "token_type": "Bearer", "id_token": self.id_token(asked)})

    def id_token(self, asked: Mapping[str, str]) -> str:
        now = int(self.clock())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": asked["client_id"],
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": self.email,
            "email_verified": True,
        }
        claims = {name: value for name, value in (claims | self.lies).items() if value is not None}
        header = {"alg": self.algorithm, "kid": "one"} | self.header
        return jwt.encode(header, claims, self.key, algorithms=[header["alg"]])


class SoftWeb:
    """`Web` to providers in this process; any other place does not answer."""

    def __init__(self, *providers: SoftProvider) -> None:
        self.providers = {provider.issuer: provider for provider in providers}
        self.down = False
        self.sent: list[str] = []

    async def get(self, url: str) -> WebAnswer:
        return self._handle("GET", url, "", {})

    async def post_form(self, url: str, body: str, headers: Mapping[str, str]) -> WebAnswer:
        self.sent.append(body)
        return self._handle("POST", url, body, headers)

    async def aclose(self) -> None:
        """Nothing to close."""

    def _handle(self, method: str, url: str, body: str, headers: Mapping[str, str]) -> WebAnswer:
        parts = urlsplit(url)
        provider = self.providers.get(f"{parts.scheme}://{parts.netloc}")
        if provider is None or self.down:
            raise OutsideUnreachable("The sign-in provider does not answer at the moment.")
        return provider.handle(method, parts.path, body, headers)


def _client(sent: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, str | None]:
    kind, _, encoded = headers.get("Authorization", "").partition(" ")
    if kind == "Basic":
        client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
        return unquote_plus(client_id), unquote_plus(secret)
    return sent.get("client_id", ""), sent.get("client_secret")


def _json(value: Any, status: int = 200) -> WebAnswer:
    return WebAnswer(status=status, headers={"content-type": "application/json"}, body=json.dumps(value).encode())
