"""The two endpoints that the browser itself talks to. They never redirect, and refuse only what is surely dead."""

from __future__ import annotations

from quart import Blueprint, Response, request

from boundgate.dbsc import DbscError, SessionUnknown, read_proof, read_session_id, refuse_page_script
from boundgate.dbsc.headers import CHALLENGE, RESPONSE, SESSION_ID
from boundgate.errors import BadRequest, Conflict, Disposition
from boundgate.routes.context import caller, services
from boundgate.routes.problems import problem
from boundgate.routes.recording import record_event
from boundgate.sessions.binding import Proved

blueprint = Blueprint("dbsc", __name__, url_prefix="/dbsc")


@blueprint.post("/register")
async def register() -> Response:
    """DBSC §8.7. One answer, no challenge loop: Chromium gives up after a 403 here."""
    try:
        proved = await services().bindings.register(_required_proof(), prefix=caller().prefix)
    except (DbscError, Conflict, BadRequest) as error:
        record_event("dbsc.register", error.public_code, reason=error.detail)
        return problem(error, error.status)
    record_event("dbsc.register", "ok", session_id=proved.session_id, user_id=proved.user_id)
    return _accepted(proved)


@blueprint.post("/refresh")
async def refresh() -> Response:
    """DBSC §8.8. What can be retried is 403 with a challenge; what is dead is 404; nothing else ends a session."""
    session_id = None
    try:
        session_id = _session_id()
        proof = _proof()
        if proof is None:
            return await _challenge(session_id)
        proved = await services().bindings.refresh(session_id, proof, prefix=caller().prefix)
    except (DbscError, BadRequest) as error:
        return await _refused(session_id, error)
    record_event("dbsc.refresh", "ok", session_id=session_id, user_id=proved.user_id)
    return _accepted(proved)


def _proof() -> str | None:
    """The proof, where there is one; refused where a page's script sent it."""
    header = request.headers.get(RESPONSE)
    if header is None:
        return None
    who = caller()
    refuse_page_script(
        fetch_mode=who.fetch_mode,
        fetch_site=who.fetch_site,
        origin=who.origin,
        expected_origin=services().settings.origin,
    )
    return read_proof(header)


def _required_proof() -> str:
    proof = _proof()
    if proof is None:
        raise BadRequest(f"A registration needs a proof in {RESPONSE}.", code="proof_missing")
    return proof


def _session_id() -> str:
    header = request.headers.get(SESSION_ID)
    if header is None:
        raise BadRequest(f"A refresh names its session in {SESSION_ID}.", code="session_id_missing")
    return read_session_id(header)


async def _challenge(session_id: str) -> Response:
    header = await services().bindings.challenge(session_id)
    # Not `ok`: whoever knows the id may ask, and only what is not `ok` is folded and bounded in storage.
    record_event("dbsc.challenge", "sent", session_id=session_id)
    return Response(status=403, headers={CHALLENGE: header})


async def _refused(session_id: str | None, error: DbscError | BadRequest) -> Response:
    header = None
    if session_id is not None and error.disposition is Disposition.RETRY:
        try:
            header = await services().bindings.challenge(session_id)
        except SessionUnknown as unknown:
            error = unknown
    # An id that is not known to be a session's may be made up, and each would make its refusal a row of its own.
    record_event("dbsc.refresh", error.public_code, session_id=session_id if header else None, reason=error.detail)
    if header is None:
        return problem(error, error.status)
    answer = problem(error, 403)
    answer.headers[CHALLENGE] = header
    return answer


def _accepted(proved: Proved) -> Response:
    answer = Response(proved.body, content_type="application/json")
    for cookie in proved.set_cookies:
        answer.headers.add("Set-Cookie", cookie)
    answer.headers[CHALLENGE] = proved.challenge_header
    return answer
