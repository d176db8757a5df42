"""One request to a DBSC endpoint in, one answer out; what an HTTP layer does around it is only to carry bytes.

The endpoints never redirect. A refresh answers 403 with a new challenge to whatever can be tried again, which harms
nobody, and ends a session only where it is surely over: 200 with `continue: false` where that is known, 404 where
there is no such session (DBSC §8.8 to §8.10; Chromium 156 ends a session at any 4xx but 403 and 407).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

from boundgate.dbsc.caller import refuse_page_script
from boundgate.dbsc.errors import DbscError, SessionEnded, SessionUnknown
from boundgate.dbsc.headers import (
    CHALLENGE,
    RESPONSE,
    SESSION_ID,
    UNNAMED_CLIENT,
    read_client,
    read_proof,
    read_session_id,
)
from boundgate.dbsc.leniency import LENIENT, Leniencies
from boundgate.dbsc.renewal import Renewal
from boundgate.errors import (
    BadRequest,
    BoundgateError,
    Conflict,
    Disposition,
    StorageUnavailable,
    problem_document,
)

_JSON = (b"content-type", b"application/json")
_PROBLEM = (b"content-type", b"application/problem+json")
_CHALLENGE = CHALLENGE.lower().encode()


class BoundSessions(Protocol):
    """Who keeps the sessions. `prefix` is the network that a proof comes from."""

    async def register(self, proof: str, *, prefix: bytes, client: str | None, cookies: str | None) -> Renewal:
        """Take the key of a registration proof.

        Args:
            client: what a client that is not the browser itself calls itself; its key is in software.
            cookies: the request's `Cookie`, which shows whether a second key comes from the browser of the first.

        Raises:
            DbscError, Conflict.
        """

    async def refresh(self, session_id: str, proof: str, *, prefix: bytes) -> Renewal:
        """Renew against a proof. Raises DbscError; SessionEnded or SessionUnknown where there is nothing to renew."""

    async def challenge(self, session_id: str) -> str:
        """A `Secure-Session-Challenge` value for a living session. Raises SessionUnknown, SessionEnded."""

    def ended(self, session_id: str) -> bytes:
        """The instructions that end a session in the browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRequest:
    """The fields that count, as they came; None where a field is missing."""

    proof: str | None = None
    """`Secure-Session-Response`"""
    session_id: str | None = None
    """`Sec-Secure-Session-Id`"""
    origin: str | None = None
    fetch_mode: str | None = None
    fetch_site: str | None = None
    client: str | None = None
    """`DBSC-Client`; asked for at a registration."""
    cookies: str | None = None
    """`Cookie`, several fields joined by `; `; asked for at a registration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointAnswer:
    """What to send, and what to write down about it."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    kind: str
    """`dbsc.register`, `dbsc.refresh` or `dbsc.challenge`."""
    outcome: str
    """`ok`, `sent`, or an error code."""
    session_id: str | None = None
    """Only where it is a session's, and not what somebody made up."""
    reason: str | None = None
    renewal: Renewal | None = None
    client: str | None = None
    """What a registration said that its client is; None for a browser's own."""


async def answer_registration(
    request: EndpointRequest,
    *,
    sessions: BoundSessions,
    prefix: bytes,
    expected_origins: Collection[str],
    leniencies: Leniencies = LENIENT,
) -> EndpointAnswer:
    """DBSC §8.7. One answer, no challenge loop: Chromium gives up after a 403 here."""
    kind, client = "dbsc.register", _declared(request)
    if request.proof is None:
        # Chromium registers without key and proof where an offer has no challenge. Ours have one.
        missing = BadRequest(f"A registration needs a proof in {RESPONSE}.", code="proof_missing")
        return replace(_problem(missing, kind=kind), client=client)
    try:
        proof = _proof(request, expected_origins, leniencies)
        renewal = await sessions.register(proof, prefix=prefix, client=client, cookies=request.cookies)
        answer = _renewed(renewal, kind)
    except (DbscError, Conflict, BadRequest, StorageUnavailable) as error:
        answer = _problem(error, kind=kind)
    return replace(answer, client=client)


async def answer_refresh(
    request: EndpointRequest,
    *,
    sessions: BoundSessions,
    prefix: bytes,
    expected_origins: Collection[str],
    leniencies: Leniencies = LENIENT,
) -> EndpointAnswer:
    """DBSC §8.8."""
    if request.session_id is None:
        missing = BadRequest(f"A refresh names its session in {SESSION_ID}.", code="session_id_missing")
        return _problem(missing, kind="dbsc.refresh")
    session_id = None
    try:
        session_id = read_session_id(request.session_id, leniencies=leniencies)
        if request.proof is None:
            return _challenge(session_id, await sessions.challenge(session_id))
        renewal = await sessions.refresh(session_id, _proof(request, expected_origins, leniencies), prefix=prefix)
    except (DbscError, StorageUnavailable) as error:
        return await _refused(session_id, error, sessions)
    return _renewed(renewal, "dbsc.refresh")


def _declared(request: EndpointRequest) -> str | None:
    """What sent a registration, where it is not the browser itself."""
    if request.client is not None:
        return read_client(request.client)
    # In these modes only an extension comes as far as a proof; see `refuse_page_script`.
    return None if request.fetch_mode in {None, "no-cors"} else UNNAMED_CLIENT


def _proof(request: EndpointRequest, expected_origins: Collection[str], leniencies: Leniencies) -> str:
    """The proof, refused where a page's script sent it."""
    refuse_page_script(
        fetch_mode=request.fetch_mode,
        fetch_site=request.fetch_site,
        origin=request.origin,
        expected_origins=expected_origins,
    )
    return read_proof(request.proof or "", leniencies=leniencies)


async def _refused(session_id: str | None, error: BoundgateError, sessions: BoundSessions) -> EndpointAnswer:
    challenge = None
    if session_id is not None and error.disposition is Disposition.RETRY:
        try:
            challenge = await sessions.challenge(session_id)
        except (SessionUnknown, StorageUnavailable) as other:
            error = other
    if isinstance(error, SessionEnded) and session_id is not None:
        return EndpointAnswer(
            status=200,
            headers=(_JSON,),
            body=sessions.ended(session_id),
            kind="dbsc.refresh",
            outcome=error.public_code,
            session_id=session_id,
            reason=error.detail,
        )
    return _problem(error, kind="dbsc.refresh", session_id=session_id, challenge=challenge)


def _challenge(session_id: str, challenge: str) -> EndpointAnswer:
    return EndpointAnswer(
        status=403,
        headers=((_CHALLENGE, challenge.encode()),),
        body=b"",
        kind="dbsc.challenge",
        # Not `ok`: whoever knows the id may ask.
        outcome="sent",
        session_id=session_id,
    )


def _renewed(renewal: Renewal, kind: str) -> EndpointAnswer:
    headers = (
        *((_JSON,) if renewal.body else ()),
        *[(b"set-cookie", cookie.encode()) for cookie in renewal.set_cookies],
        (_CHALLENGE, renewal.challenge_header.encode()),
    )
    return EndpointAnswer(
        status=200,
        headers=headers,
        body=renewal.body,
        kind=kind,
        outcome="ok",
        session_id=renewal.session_id,
        renewal=renewal,
    )


def _problem(
    error: BoundgateError, *, kind: str, session_id: str | None = None, challenge: str | None = None
) -> EndpointAnswer:
    status, headers = error.status, [_PROBLEM]
    if challenge is not None:
        status = 403
        headers.append((_CHALLENGE, challenge.encode()))
    return EndpointAnswer(
        status=status,
        headers=tuple(headers),
        body=problem_document(error, status),
        kind=kind,
        outcome=error.public_code,
        # An id that nobody was found to have may be made up, and each would make its refusal a row of its own.
        session_id=session_id if challenge is not None else None,
        reason=error.detail,
    )
