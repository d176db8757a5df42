"""Programs in software that get tokens from a `Site`: PKCE, client assertions, and every way to get them wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from quart.wrappers import Response

from boundgate.oauth.clients import DEFAULT_GRANTS, DEFAULT_SCOPES, Registration
from boundgate.oauth.families import PASSKEY_AMR
from boundgate.oauth.model import Client
from tests.support.dpop import ProgramKey, new_jti, present
from tests.support.keys import b64u
from tests.support.site import ORIGIN, Site

VERIFIER = "verifier-" * 5
CHALLENGE = b64u(hashlib.sha256(VERIFIER.encode()).digest())
CALLBACK = "http://127.0.0.1/callback"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"


def assertion(key: ProgramKey, client_id: str, *, now: float, **claims: Any) -> str:
    """A client assertion (RFC 7523); `claims` change it."""
    body = {
        "iss": client_id,
        "sub": client_id,
        "aud": ORIGIN,
        "iat": int(now),
        "exp": int(now) + 60,
        "jti": new_jti(),
    }
    return key.jws({"alg": "ES256", "typ": "JWT"}, present(body | claims))


@dataclass
class Program:
    """One client of a `Site`: it keeps nonces, and sends what a test tells it."""

    site: Site
    client: Client
    key: ProgramKey = field(default_factory=ProgramKey)
    identity: ProgramKey | None = None
    """The registered key of a confidential client."""
    nonce: str | None = None

    async def send(
        self, path: str, parameters: Mapping[str, str] | bytes, *, proofs: Sequence[str] = (), **headers: str
    ) -> Response:
        """One POST exactly so. The answer's nonce is remembered."""
        body = parameters if isinstance(parameters, bytes) else urlencode(parameters).encode()
        sent = {"Host": "localhost:8443", "Content-Type": FORM} | headers
        client = self.site.app.test_client(use_cookies=False)
        response: Response = await client.open(
            path,
            method="POST",
            headers=[*sent.items(), *(("DPoP", proof) for proof in proofs)],
            data=body,
            scheme="https",
            scope_base={"client": ("127.0.0.1", 40000)},
        )
        self.nonce = response.headers.get("DPoP-Nonce", self.nonce)
        return response

    async def post(self, path: str, *, key: ProgramKey | None = None, **parameters: str) -> Response:
        """One POST with a proof, tried again once with the nonce that is asked for."""
        key = key or self.key
        for _ in range(2):
            response = await self.send(path, self._identified(parameters), proofs=[self.proof(path, key=key)])
            if (await members(response)).get("error") != "use_dpop_nonce":
                break
        return response

    async def plain(self, path: str, **parameters: str) -> Response:
        """One POST without a proof."""
        return await self.send(path, self._identified(parameters))

    def proof(self, path: str, *, key: ProgramKey | None = None, **options: Any) -> str:
        """A proof for a POST to `path`, with the newest nonce."""
        options.setdefault("nonce", self.nonce)
        return (key or self.key).proof(url=ORIGIN + path, now=self.site.clock(), **options)

    def request(self, **parameters: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        complete: dict[str, str | None] = {
            "client_id": self.client.id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": " ".join(sorted(self.client.scopes)),
            "state": "the state",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (complete | parameters).items() if value is not None}

    async def code(self, *, user_id: str | None = None, **parameters: str | None) -> str:
        """A code for what a user has allowed; the page and the touch are taken as done."""
        return (await self.answered(user_id=user_id, **parameters))["code"]

    async def answered(self, *, user_id: str | None = None, **parameters: str | None) -> dict[str, str]:
        """What the browser would bring back."""
        authorization = self.site.services.oauth.authorization
        asked = await authorization.read(self.request(**parameters))
        target = await authorization.grant(
            asked,
            user_id=user_id or self.client.owner_id or "",
            scope=asked.scope,
            auth_time=self.site.clock(),
            amr=PASSKEY_AMR,
        )
        return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}

    async def redeem(self, code: str, /, *, key: ProgramKey | None = None, **parameters: str) -> Response:
        """The token request for a code."""
        complete = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return await self.post("/oauth/token", key=key, **complete | parameters)

    async def tokens(self, **parameters: str | None) -> dict[str, Any]:
        """The first tokens of a new family."""
        return await members(await self.redeem(await self.code(**parameters)))

    async def refresh(self, token: str, /, *, key: ProgramKey | None = None, **parameters: str) -> Response:
        """The token request for a refresh token."""
        return await self.post("/oauth/token", key=key, grant_type="refresh_token", refresh_token=token, **parameters)

    def _identified(self, parameters: Mapping[str, str]) -> dict[str, str]:
        known: dict[str, str] = {"client_id": self.client.id}
        if self.identity is not None and "client_assertion" not in parameters:
            made = assertion(self.identity, self.client.id, now=self.site.clock())
            known |= {"client_assertion_type": JWT_BEARER, "client_assertion": made}
        return {name: value for name, value in (known | dict(parameters)).items() if value}


async def program_of(site: Site, owner_id: str | None, *, name: str = "program", **changes: Any) -> Program:
    """A public client of a user, and a program that is it."""
    asked = {"name": name, "redirect_uris": (CALLBACK,), "scopes": DEFAULT_SCOPES, "grants": DEFAULT_GRANTS} | changes
    published = bool(asked.pop("published", False))
    client = await site.services.oauth.registry.register(Registration(**asked), owner_id=owner_id, published=published)
    return Program(site, client, key=ProgramKey(f"key of {name}"))


async def service_of(site: Site, *, name: str = "service", **changes: Any) -> Program:
    """A published confidential client, and the service that is it."""
    identity = ProgramKey(f"identity of {name}")
    asked: dict[str, Any] = {
        "redirect_uris": (),
        "scopes": ("models", "chat"),
        "grants": ("client_credentials",),
        "jwks": (identity.canonical,),
        "published": True,
    }
    program = await program_of(site, None, name=name, **asked | changes)
    program.identity = identity
    return program


async def members(response: Response) -> dict[str, Any]:
    """The JSON object of an answer."""
    found: dict[str, Any] = json.loads(await response.get_data(as_text=True))
    return found
