"""A bound session over real HTTPS, made beside a server that may not run yet."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from boundgate.services import Services
from tests.support.site import BOUND, LOGIN
from tests.support.soft_browser import SoftDbsc, read_challenge, refresh_headers


@dataclass
class WireBrowser:
    """One bound session, as its browser knows it. It keeps no jar: what it sends is what its caller says."""

    key: SoftDbsc
    session_id: str
    login: str
    challenge: str
    bound: str = ""
    used: list[str] = field(default_factory=list)
    """Challenges over which a proof was accepted."""

    async def refresh(self, client: httpx.AsyncClient, challenge: str, **headers: str) -> httpx.Response:
        """One refresh as it is; notes what was accepted, and the cookie that came of it."""
        proof, origin = self.key.refresh_proof(challenge), str(client.base_url).rstrip("/")
        fields = refresh_headers(self.session_id, proof, origin=origin) | headers
        response = await client.post("/dbsc/refresh", headers=fields)
        if response.status_code == 200 and b'"continue":false' not in response.content:
            self.used.append(challenge)
            self.bound = response.cookies[BOUND]
        return response

    @property
    def cookies(self) -> str:
        """The `Cookie` field of its jar."""
        return f"{LOGIN}={self.login}; {BOUND}={self.bound}"

    def next_challenge(self, response: httpx.Response) -> str:
        challenge = read_challenge(response.headers["Secure-Session-Challenge"], self.session_id)
        assert challenge is not None
        return challenge

    async def get(self, client: httpx.AsyncClient, path: str) -> httpx.Response:
        return await client.get(path, headers={"Cookie": self.cookies})


async def bound_browser(services: Services, *, user_id: str, prefix: bytes) -> WireBrowser:
    """Sign a user in and bind a key within this process, without a server."""
    started = await services.sessions.start(
        user_id=user_id, user_name=user_id, address="127.0.0.1", user_agent="x", login_value=None, bound_text=None
    )
    key = SoftDbsc()
    proof = key.registration_proof(started.challenge, started.authorization)
    renewal = await services.bindings.register(proof, prefix=prefix)
    challenge = read_challenge(renewal.challenge_header, renewal.session_id)
    assert challenge is not None
    return WireBrowser(key, renewal.session_id, started.login_value, challenge)
