"""The endpoints at the ASGI level: what reaches them, what they carry, and what they leave to the application."""

from __future__ import annotations

from typing import Any

from boundgate.dbsc import LENIENT, STRICT, EndpointAnswer, EndpointRequest, Leniencies, Renewal, SessionUnknown
from boundgate.protect.endpoints import DbscEndpoints, EndpointPaths, ProofCaller, _with_client

ORIGIN = "https://example.test"
CALLER = ProofCaller("192.0.2.1", b"\x04net", "agent")
RENEWAL = Renewal("sid", "alice", 7, 1.5, 1, b"{}", ("a=1",), '"next";id="sid"')


class Sessions:
    """Renews whatever comes, unless told that nothing is known."""

    known = True

    def __init__(self) -> None:
        self.clients: list[tuple[str | None, str | None]] = []

    async def register(self, proof: str, *, prefix: bytes, client: str | None, cookies: str | None) -> Renewal:
        self.clients.append((client, cookies))
        return await self.refresh("sid", proof, prefix=prefix)

    async def refresh(self, session_id: str, proof: str, *, prefix: bytes) -> Renewal:
        assert prefix == CALLER.prefix
        await self.challenge(session_id)
        return RENEWAL

    async def challenge(self, session_id: str) -> str:
        if not self.known:
            raise SessionUnknown("Unknown.")
        return '"next";id="sid"'

    def ended(self, session_id: str) -> bytes:
        return b"{}"


class Endpoints:
    """One application behind the endpoints, and everything that happened."""

    def __init__(self, *, ours: bool = True, leniencies: Leniencies = LENIENT) -> None:
        self.sessions, self.observed, self.passed_on = Sessions(), list[tuple[EndpointAnswer, ProofCaller]](), 0
        self._app = DbscEndpoints(
            self._application,
            paths=EndpointPaths(register="/dbsc/register", refresh="/dbsc/refresh"),
            sessions=self.sessions,
            origins={ORIGIN},
            caller_of=lambda _scope, _fields: CALLER if ours else None,
            observe=lambda answer, caller: self.observed.append((answer, caller)),
            headers=((b"strict-transport-security", b"max-age=1"),),
            leniencies=leniencies,
        )

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        self.passed_on += 1

    async def call(
        self, path: str, *, method: str = "POST", bodies: tuple[bytes, ...] = (b"",), gone: bool = False, **fields: str
    ) -> tuple[int, dict[bytes, bytes], bytes]:
        sent: list[dict[str, Any]] = []
        last = len(bodies) - 1
        incoming = [{"type": "http.request", "body": body, "more_body": at < last} for at, body in enumerate(bodies)]
        if gone:
            incoming = [{"type": "http.disconnect"}]

        async def receive() -> Any:
            return incoming.pop(0)

        async def send(message: dict[str, Any]) -> None:
            assert not incoming, "an answer before the end of the body"
            sent.append(message)

        headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
        await self._app({"type": "http", "method": method, "path": path, "headers": headers}, receive, send)
        if not sent:
            return 0, {}, b""
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


PROOF = {"secure_session_response": "p.p.p", "sec_secure_session_id": "sid"}


async def test_a_renewal_carries_cookies_challenge_and_length_and_is_never_stored() -> None:
    status, headers, body = await Endpoints().call("/dbsc/refresh", **PROOF)
    assert (status, body) == (200, b"{}")
    assert headers[b"set-cookie"] == b"a=1"
    assert headers[b"secure-session-challenge"] == b'"next";id="sid"'
    assert (headers[b"cache-control"], headers[b"content-length"]) == (b"no-store", b"2")
    assert headers[b"strict-transport-security"] == b"max-age=1"


async def test_a_refusal_tells_no_other_site_anything() -> None:
    endpoints = Endpoints()
    endpoints.sessions.known = False
    status, headers, _ = await endpoints.call("/dbsc/refresh", **PROOF)
    assert status == 404
    assert headers[b"cross-origin-resource-policy"] == b"same-origin"
    assert (headers[b"x-frame-options"], headers[b"cache-control"]) == (b"DENY", b"no-store")
    assert b"access-control-allow-origin" not in headers


async def test_every_answer_is_observed_with_its_caller() -> None:
    endpoints = Endpoints()
    await endpoints.call("/dbsc/register", **PROOF)
    await endpoints.call("/dbsc/refresh", sec_secure_session_id="sid")
    assert [(answer.kind, answer.outcome) for answer, _ in endpoints.observed] == [
        ("dbsc.register", "ok"),
        ("dbsc.challenge", "sent"),
    ]
    assert {caller for _, caller in endpoints.observed} == {CALLER}


async def test_everything_else_is_the_application_s() -> None:
    endpoints = Endpoints()
    for path in ("/", "/dbsc", "/dbsc/refresh/", "/dbsc/refreshed"):
        assert await endpoints.call(path) == (0, {}, b"")
    foreign = Endpoints(ours=False)
    await foreign.call("/dbsc/refresh", **PROOF)
    assert (endpoints.passed_on, foreign.passed_on, foreign.observed) == (4, 1, [])


async def test_only_post_is_taken() -> None:
    status, headers, _ = await Endpoints().call("/dbsc/refresh", method="GET", **PROOF)
    assert (status, headers[b"allow"]) == (405, b"POST")


async def test_a_body_is_read_to_its_end_before_the_answer() -> None:
    status, _, _ = await Endpoints().call("/dbsc/refresh", bodies=(b"x" * 70_000, b"y", b""), **PROOF)
    assert status == 200


async def test_a_client_that_has_gone_gets_no_answer() -> None:
    endpoints = Endpoints()
    assert await endpoints.call("/dbsc/refresh", gone=True, **PROOF) == (0, {}, b"")
    assert endpoints.observed == []


async def test_the_header_names_of_the_first_origin_trial_are_read_unless_switched_off() -> None:
    old = {"sec_session_response": "p.p.p", "sec_session_id": "sid"}
    assert (await Endpoints().call("/dbsc/refresh", **old))[0] == 200
    assert (await Endpoints().call("/dbsc/register", **old))[0] == 200
    assert (await Endpoints(leniencies=STRICT).call("/dbsc/refresh", **old))[0] == 400
    assert (await Endpoints(leniencies=STRICT).call("/dbsc/register", **old))[0] == 400


async def test_to_the_letter_of_the_draft_both_values_are_quoted() -> None:
    quoted = {name: f'"{value}"' for name, value in PROOF.items()}
    strict = Endpoints(leniencies=STRICT)
    assert (await strict.call("/dbsc/refresh", **quoted))[0] == 200
    assert (await strict.call("/dbsc/refresh", **PROOF))[0] == 400
    assert (await Endpoints().call("/dbsc/refresh", **quoted))[0] == 200


async def test_a_registration_hands_on_what_declares_itself_and_its_cookies() -> None:
    endpoints = Endpoints()
    await endpoints.call("/dbsc/register", **PROOF)
    await endpoints.call("/dbsc/register", **PROOF, dbsc_client="extension/1", cookie="a=1")
    assert endpoints.sessions.clients == [(None, None), ("extension/1", "a=1")]
    assert [answer.client for answer, _ in endpoints.observed] == [None, "extension/1"]


def test_cookies_that_http_2_has_split_are_put_together() -> None:
    fields = [(b"cookie", b"a=1"), (b"x", b"y"), (b"cookie", b"b=2; c=3")]
    assert _with_client(EndpointRequest(), dict(fields), fields).cookies == "a=1; b=2; c=3"
