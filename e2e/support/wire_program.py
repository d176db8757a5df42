"""A program at the wire: requests that are built once and can be sent again exactly so, as a recorder would."""

from __future__ import annotations

import json
import re
import ssl
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from e2e.support.person import Person
from e2e.support.programs import ARRIVED
from e2e.support.secrets import Secrets
from e2e.support.server import Server
from tests.support.dpop import ProgramKey
from tests.support.oauth import CHALLENGE, VERIFIER

CALLBACK = "http://127.0.0.1:9/callback"


class WireProgram:
    """A public client with a key in software.

    Args:
        server: where it is registered.
        client_id: as registered there.
        secrets: learns what is issued, and the key.
    """

    def __init__(self, server: Server, client_id: str, secrets: Secrets) -> None:
        self.server, self.client_id, self._secrets = server, client_id, secrets
        self.key, self.nonce = ProgramKey("wire program"), ""
        secrets.add_key(self.key.private.private_numbers().private_value)
        trust = ssl.create_default_context(cafile=str(server.data_dir / "tls" / "ca.pem"))
        self.web = httpx.Client(base_url=server.origin, verify=trust)

    def allowed(self, someone: Person) -> dict[str, str]:
        """What a person's browser brings back to the program."""
        arrived: list[str] = []
        answer = lambda route: (arrived.append(route.request.url), route.fulfill(body=ARRIVED))  # noqa: E731
        someone.page.route(f"{CALLBACK}**", answer)
        someone.page.goto(f"{self.server.origin}/oauth/authorize?{urlencode(self.asked())}")
        someone.page.get_by_role("button", name="Allow with passkey").click()
        someone.page.wait_for_url(re.compile(re.escape(CALLBACK)))
        return {name: values[0] for name, values in parse_qs(urlsplit(arrived[0]).query).items()}

    def asked(self) -> dict[str, str]:
        """The parameters of an authorization request."""
        return {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "models chat offline_access",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "dpop_jkt": self.key.jkt,
        }

    def post(self, path: str, **form: str) -> httpx.Request:
        """A form with a proof."""
        proof = self.key.proof(url=self.server.origin + path, now=time.time(), nonce=self.nonce or None)
        return self.web.build_request("POST", path, data={"client_id": self.client_id} | form, headers={"DPoP": proof})

    def code(self, code: str) -> httpx.Request:
        """The token request for a code."""
        form = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return self.post("/oauth/token", grant_type="authorization_code", **form)

    def refresh(self, token: str) -> httpx.Request:
        """The token request for a refresh token."""
        return self.post("/oauth/token", grant_type="refresh_token", refresh_token=token)

    def call(self, token: str) -> httpx.Request:
        """A call of `/v1/models`."""
        url = f"{self.server.origin}/v1/models"
        proof = self.key.proof(url=url, now=time.time(), method="GET", nonce=self.nonce or None, token=token)
        return self.web.build_request("GET", url, headers={"Authorization": f"DPoP {token}", "DPoP": proof})

    def send(self, request: httpx.Request) -> tuple[int, str | None, dict[str, Any]]:
        """One request exactly so: status, error code, members. The nonce is remembered."""
        answer = self.web.send(request)
        self.nonce = answer.headers.get("DPoP-Nonce", self.nonce)
        found: dict[str, Any] = json.loads(answer.content)
        self._secrets.add_tokens(found)
        error = found.get("error")
        return answer.status_code, error["code"] if isinstance(error, dict) else error, found
