"""Calls to `/v1` with a token and its proof, right ones and wrong ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quart.wrappers import Response

from tests.support.dpop import ProgramKey
from tests.support.oauth import Program
from tests.support.site import HELLO, ORIGIN, Site

MODELS, CHAT = "/v1/models", "/v1/chat/completions"


@dataclass
class TokenCaller:
    """A program that has an access token; or a thief, with that much of it."""

    site: Site
    token: str
    key: ProgramKey
    address: str = "127.0.0.1"
    nonce: str | None = None

    @classmethod
    async def of(cls, program: Program, **parameters: Any) -> TokenCaller:
        """The program with the first token of a new family."""
        tokens = await program.tokens(**parameters)
        return cls(program.site, tokens["access_token"], program.key, nonce=program.nonce)

    async def with_nonce(self) -> TokenCaller:
        """The same, after a first call that brought a nonce."""
        self.nonce = None
        assert (await code_of(await self.models()))[0] == 401
        assert self.nonce is not None
        return self

    def proof(self, path: str = MODELS, *, method: str = "GET", **options: Any) -> str:
        """A proof for one call, by this key, with the newest nonce."""
        options = {"nonce": self.nonce, "token": self.token, "now": self.site.clock()} | options
        return self.key.proof(url=options.pop("url", ORIGIN + path), method=method, **options)

    async def send(
        self,
        path: str = MODELS,
        *,
        method: str = "GET",
        proofs: Sequence[str] | None = None,
        authorization: Sequence[str] | None = None,
        value: Any = None,
        headers: Sequence[tuple[str, str]] = (),
        name: str = "DPoP",
        host: str = "localhost:8443",
    ) -> Response:
        """One call exactly so; by default with the right `Authorization` and a fresh proof."""
        proofs = [self.proof(path.partition("?")[0], method=method)] if proofs is None else proofs
        authorization = [f"DPoP {self.token}"] if authorization is None else authorization
        sent = [("Host", host), ("User-Agent", "program/1"), *headers]
        sent += [("Authorization", text) for text in authorization] + [(name, text) for text in proofs]
        if value is not None:
            sent.append(("Content-Type", "application/json"))
        response: Response = await self.site.app.test_client(use_cookies=False).open(
            path,
            method=method,
            headers=sent,
            data=b"" if value is None else json.dumps(value).encode(),
            scheme="https",
            scope_base={"client": (self.address, 40000)},
        )
        self.nonce = response.headers.get("DPoP-Nonce", self.nonce)
        return response

    async def models(self, **options: Any) -> Response:
        return await self.send(MODELS, **options)

    async def chat(self, **changes: Any) -> Response:
        return await self.send(CHAT, method="POST", value=HELLO | changes)


async def code_of(response: Response) -> tuple[int, str]:
    """Status and error code of an answer of `/v1`; "" where it is none."""
    if response.status_code == 200:
        return 200, ""
    return response.status_code, json.loads(await response.get_data(as_text=True))["error"]["code"]
