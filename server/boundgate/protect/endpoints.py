"""The two endpoints that the browser itself talks to, answered at the ASGI level, before any framework."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from boundgate.asgi import DRAIN_MAX_BYTES, DRAIN_MAX_SECONDS, ASGIApp, Receive, Send
from boundgate.dbsc.endpoints import (
    BoundSessions,
    EndpointAnswer,
    EndpointRequest,
    answer_refresh,
    answer_registration,
)
from boundgate.dbsc.headers import CLIENT, RESPONSE, SESSION_ID, request_names
from boundgate.dbsc.leniency import LENIENT, Leniencies
from boundgate.errors import MethodNotAllowed, problem_document

Scope = MutableMapping[str, Any]
Fields = Mapping[bytes, bytes]
"""The header fields of a request by their lower-case names; of equal names the first."""

# The present name, and the one before it.
_PROOF, _SESSION_ID = (
    tuple(found.lower().encode() for found in request_names(name, leniencies=LENIENT))
    for name in (RESPONSE, SESSION_ID)
)
_CLIENT = CLIENT.lower().encode()
NO_STORE = (b"cache-control", b"no-store")
# DBSC, "Security considerations": a refusal, which any page can provoke, tells no other site anything, neither by
# reading nor by framing. A renewal takes a header that only the browser itself can set.
REFUSAL_HEADERS = (
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointPaths:
    """Where the endpoints are, as paths of the application."""

    register: str
    refresh: str


@dataclass(frozen=True, slots=True)
class ProofCaller:
    """Where a request to an endpoint comes from."""

    address: str
    prefix: bytes
    """Its network; a new cookie value is good from there only."""
    user_agent: str


class DbscEndpoints:
    """Answers registrations and refreshes itself; everything else goes to `app`.

    Args:
        app: the application.
        paths: of the two endpoints.
        sessions: who keeps the sessions.
        origins: whose pages may carry an offer, and the origin of the sessions: our own.
        caller_of: where a request comes from; None hands it on to `app`, as one for another host.
        observe: told of every answer, after it was decided and before it is sent. Must be quick.
        headers: go onto every answer, beside `Cache-Control: no-store`.
        leniencies: which older shapes of headers are taken; those of proofs are the `sessions`' own.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        paths: EndpointPaths,
        sessions: BoundSessions,
        origins: Collection[str],
        caller_of: Callable[[Scope, Fields], ProofCaller | None],
        observe: Callable[[EndpointAnswer, ProofCaller], None],
        headers: Sequence[tuple[bytes, bytes]] = (),
        leniencies: Leniencies = LENIENT,
    ) -> None:
        self._app, self._sessions, self._origins = app, sessions, frozenset(origins)
        self._caller_of, self._observe, self._headers = caller_of, observe, (NO_STORE, *headers)
        self._leniencies = leniencies
        self._answers = {paths.register: answer_registration, paths.refresh: answer_refresh}
        self._register = paths.register

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI event."""
        answer = self._answers.get(scope["path"]) if scope["type"] == "http" else None
        if answer is None:
            await self._app(scope, receive, send)
            return
        fields = dict(reversed(scope["headers"]))
        caller = self._caller_of(scope, fields)
        if caller is None:
            await self._app(scope, receive, send)
            return
        # Browsers leave the body empty and say so; then there is nothing to wait for.
        if fields.get(b"content-length") != b"0" and not await _read_to_the_end(receive):
            return
        if scope["method"] != "POST":
            await self._refuse_method(send)
            return
        request = endpoint_request(fields, leniencies=self._leniencies)
        if scope["path"] == self._register:
            request = _with_client(request, fields, scope["headers"])
        found = await answer(
            request,
            sessions=self._sessions,
            prefix=caller.prefix,
            expected_origins=self._origins,
            leniencies=self._leniencies,
        )
        self._observe(found, caller)
        headers = found.headers if found.renewal is not None else (*found.headers, *REFUSAL_HEADERS)
        await self._send(send, found.status, headers, found.body)

    async def _refuse_method(self, send: Send) -> None:
        error = MethodNotAllowed("This address takes POST, and is for the browser itself.")
        headers = ((b"allow", b"POST"), (b"content-type", b"application/problem+json"), *REFUSAL_HEADERS)
        await self._send(send, error.status, headers, problem_document(error, error.status))

    async def _send(self, send: Send, status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes) -> None:
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [*headers, *self._headers, length]})
        await send({"type": "http.response.body", "body": body})


def endpoint_request(fields: Fields, *, leniencies: Leniencies = LENIENT) -> EndpointRequest:
    """What counts of a request's header fields."""
    proof, session_id = fields.get(_PROOF[0]), fields.get(_SESSION_ID[0])
    if leniencies.old_header_names:
        proof = fields.get(_PROOF[1]) if proof is None else proof
        session_id = fields.get(_SESSION_ID[1]) if session_id is None else session_id
    origin, mode, site = fields.get(b"origin"), fields.get(b"sec-fetch-mode"), fields.get(b"sec-fetch-site")
    # Not by a function: it would be called five times for each refresh.
    return EndpointRequest(
        proof=proof if proof is None else proof.decode("latin-1"),
        session_id=session_id if session_id is None else session_id.decode("latin-1"),
        origin=origin if origin is None else origin.decode("latin-1"),
        fetch_mode=mode if mode is None else mode.decode("latin-1"),
        fetch_site=site if site is None else site.decode("latin-1"),
    )


def _with_client(request: EndpointRequest, fields: Fields, headers: Iterable[tuple[bytes, bytes]]) -> EndpointRequest:
    """What counts at a registration besides. Refreshes are many, and need none of it."""
    client = fields.get(_CLIENT)
    # RFC 9113 §8.2.3: HTTP/2 may split the field.
    cookies = b"; ".join(value for name, value in headers if name == b"cookie")
    return replace(
        request,
        client=client if client is None else client.decode("latin-1"),
        cookies=cookies.decode("latin-1") or None,
    )


async def _read_to_the_end(receive: Receive) -> bool:
    """Read the body, within bounds. False where the client has gone.

    An answer before the end of a body makes Hypercorn 0.18 drop an HTTP/2 connection with every stream on it.
    """
    message = await receive()
    left = DRAIN_MAX_BYTES
    with contextlib.suppress(TimeoutError):
        while message["type"] == "http.request" and message.get("more_body", False) and left > 0:
            left -= len(message.get("body", b""))
            message = await asyncio.wait_for(receive(), DRAIN_MAX_SECONDS)
    return bool(message["type"] == "http.request")
