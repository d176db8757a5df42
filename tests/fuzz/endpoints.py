"""The whole application under requests with any octets in their fields. Its owner must be as well off as before."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st

from tests.fuzz import corpus
from tests.fuzz.shaping import Shaper
from tests.fuzz.targets import Target
from tests.support.asgi import Answer, request
from tests.support.keys import ec_key
from tests.support.site import ORIGIN, Site, SoftBrowser, running_site
from tests.support.soft_browser import SoftDbsc, read_offers, registration_headers

REQUEST_SECONDS = 0.025
"""Of processor time for a whole request: besides parsing it may read the database three times and write once."""
Given = tuple[str, str, list[tuple[bytes, bytes]], bytes]
_NAMES = (
    b"secure-session-response", b"sec-secure-session-id", b"origin", b"sec-fetch-mode", b"sec-fetch-site", b"cookie",
    b"secure-session-skipped", b"authorization", b"user-agent", b"content-type", b"host", b"x-forwarded-for", b"dpop",
    b"sec-fetch-dest", b"accept", b"content-length", b"range", b"if-none-match", b"expect", b"transfer-encoding",
    b"dbsc-client",
)  # fmt: skip
_PATHS = ("/session", "/v1/chat/completions", "/v1/models", "/account", "/", "/sign-in", "/sign-in/options", "/healthz")


class Endpoints:
    """A server in this process whose clock stands still, and one owner whose every proof has been used."""

    def __init__(self, loop: asyncio.AbstractEventLoop, site: Site, owner: SoftBrowser, used: list[str]) -> None:
        self._loop, self._site, self.owner, self.used = loop, site, owner, used
        self._before = loop.run_until_complete(self._standing())

    def attack(self, given: Given) -> None:
        """One request. Nothing that a stranger sends is a fault of the server, a cookie of worth, or an offer."""
        method, path, fields, body = given
        answer = self._loop.run_until_complete(
            request(self._site.app, method, path, headers=fields, body=body, client=("198.51.100.7", 40_000))
        )
        assert answer.status < 500, answer
        assert b"secure-session-registration" not in dict(answer.headers)
        _assert_worthless(answer)

    def assert_owner_is_unharmed(self) -> None:
        """The owner's session is as it was before the first attack, and no signature was counted."""
        assert self._loop.run_until_complete(self._standing()) == self._before

    async def _standing(self) -> object:
        state = await self.owner.state()
        hot = self._site.services.sessions._hot
        session_id = self.owner.session_id or ""
        signatures = await hot.signatures(session_id, now=self._site.clock(), window_seconds=540)
        return state["state"], state["key_thumbprint"], state["bound_until"], signatures


def _assert_worthless(answer: Answer) -> None:
    for name, value in answer.headers:
        if name == b"set-cookie":
            expired = b"Max-Age=0" in value
            marker = value.startswith(b"__Host-bg-fresh=d")
            assert expired or marker, value


@contextlib.contextmanager
def running_endpoints() -> Iterator[Endpoints]:
    """The server, for as long as inputs come."""
    loop = asyncio.new_event_loop()
    stack = contextlib.AsyncExitStack()
    with tempfile.TemporaryDirectory() as directory:
        try:
            site = loop.run_until_complete(stack.enter_async_context(running_site(Path(directory) / "data")))
            yield Endpoints(loop, site, *loop.run_until_complete(_owner(site)))
        finally:
            loop.run_until_complete(stack.aclose())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


async def _owner(site: Site) -> tuple[SoftBrowser, list[str]]:
    owner = site.browser(dbsc=False)
    await owner.enrol(await site.services.enrolment.invite("alice"))
    offer = read_offers(owner.offer or "")[0]
    key = SoftDbsc("ES256", key=ec_key("owner"))
    used = [key.registration_proof(offer.challenge, offer.authorization)]
    response = await owner.send("POST", offer.path, headers=registration_headers(used[0], origin=ORIGIN))
    owner.key, owner.session_id = key, (await response.get_json())["session_identifier"]
    owner._note_challenge(response)
    for _ in range(3):
        used.append(key.refresh_proof(owner.challenge))
        assert (await owner.refresh()).status_code == 200
    return owner, used


def endpoint_target(endpoints: Endpoints) -> Target:
    """Requests to the two endpoints mostly, and to some others."""
    owner = endpoints.owner
    texts = {
        b"secure-session-response": [*endpoints.used, *corpus.REGISTRATIONS[:3], *corpus.REFRESHES["ES256"][:5]],
        b"sec-secure-session-id": [owner.session_id or "", f'"{owner.session_id}"'],
        b"origin": [ORIGIN, "null"],
        b"sec-fetch-mode": ["no-cors", "cors"],
        b"sec-fetch-site": ["same-origin", "none", "cross-site"],
        b"cookie": [*corpus.COOKIE_FIELDS, "; ".join(f"{name}={value}" for name, (value, _) in owner.jar.items())],
        b"secure-session-skipped": corpus.header_values("Secure-Session-Skipped"),
    }
    seeds = {name: [text.encode("utf-8") for text in values] for name, values in texts.items()}

    def make(shaper: Shaper) -> Given:
        fields = [(b"host", b"localhost:8443")] if shaper.chance(0.95) else []
        for name in _NAMES[:7]:
            if shaper.chance(0.6):
                octets = shaper.octets(seeds[name]) if shaper.chance(0.6) else shaper.pick(seeds[name])
                fields.append((name, _sendable(octets)))
        fields += [
            (shaper.pick(_NAMES), _sendable(shaper.octets([b"a", b"text/html", b"DPoP a"], most=2000)))
            for _ in range(shaper.size(4))
        ]
        if shaper.chance(0.9):
            return shaper.pick(("POST",) * 15 + ("GET",)), f"/dbsc/{shaper.pick(('refresh', 'register'))}", fields, b""
        path = shaper.pick(_PATHS)
        if shaper.chance(0.2):
            path = f"{path}?{shaper.octets([b'a=b', b'%ff=%'], most=300).decode('latin-1')}"
        body = shaper.json_text(corpus.CHATS, most=4000).encode("utf-8", "surrogatepass")
        return shaper.pick(("GET", "POST", "HEAD", "PUT")), path, fields, body

    strategy = st.tuples(
        st.sampled_from(["GET", "POST", "DELETE"]),
        st.sampled_from(["/dbsc/refresh", "/dbsc/register", *_PATHS]),
        st.lists(st.tuples(st.sampled_from(_NAMES), st.binary(max_size=80).map(_sendable)), max_size=6).map(
            lambda fields: [(b"host", b"localhost:8443"), *fields]
        ),
        st.binary(max_size=40),
    )
    return Target("the application", endpoints.attack, make, strategy, share=8, limit_seconds=REQUEST_SECONDS)


def _sendable(octets: bytes) -> bytes:
    """What an HTTP server passes on: no line ends and no NUL in a field, no blanks around it (RFC 9110 §5.5)."""
    return octets.translate(None, b"\r\n\0").strip(b" \t")
