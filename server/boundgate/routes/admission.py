"""From a request to a decision, and from a decision to an answer. The only place where the two meet."""

from __future__ import annotations

from quart import Response, request

from boundgate.dbsc import Arrival, Demand, DemandKind, demand_proof, read_skipped
from boundgate.dbsc.headers import SKIPPED
from boundgate.errors import AuthenticationError, BoundgateError, Forbidden
from boundgate.policy.decide import decide
from boundgate.policy.model import Action, Decision
from boundgate.routes.context import caller, credential, own_target, services, wants_page
from boundgate.routes.presented import facts, presented_cookie
from boundgate.routes.recording import record_event
from boundgate.routes.views import render
from boundgate.routes.wire import openai_error_response
from boundgate.sessions.cookies import BOUND, FRESH, login_cookie
from boundgate.sessions.credential import Credential
from boundgate.terms import SessionState, Tier

SKIPPED_MAX_CHARS = 512
_FORBIDDEN = frozenset({"model_forbidden", "insufficient_scope"})
_STEP_UP_DETAIL = (
    "This session's key was proved often lately, and another proof might cost the browser its quota. Sign in again, "
    "or try again in some minutes."
)


async def judge(tier: Tier | None, needed_scope: str | None = None) -> Decision:
    """The decision about the current request, were it to use a model of this tier (None: no model).

    Raises:
        AuthenticationError, InvalidToken, DpopError: see `routes.presented.facts`.
    """
    return decide(await facts(tier, needed_scope), services().rules)


async def answer(decision: Decision) -> Response:
    """The answer to a decision that is not to allow."""
    error = (Forbidden if decision.code in _FORBIDDEN else AuthenticationError)(decision.detail, code=decision.code)
    if presented_cookie() is None:
        return openai_error_response(error, error.status, needed_scope=decision.needed_scope)
    found = await credential()
    if decision.action is Action.REFRESH:
        return await _demand(decision, found)
    return _refusal(error, found)


async def _demand(decision: Decision, found: Credential) -> Response:
    sessions, who = services().sessions, caller()
    settings = services().settings
    _note_skipped(found)
    demand = demand_proof(
        Arrival(
            fetch_site=who.fetch_site,
            is_document=who.is_document,
            fresh=who.fresh,
            presented_mint=found.presented_mint,
            newest_mint_at=await sessions.newer_mint_at(found),
            signatures=await sessions.signatures(found),
        ),
        now=services().clock(),
        signature_limit=settings.signature_limit,
    )
    if demand.kind is DemandKind.REFUSE:
        return await _unproved(decision, found)
    if demand.kind is DemandKind.STEP_UP:
        return _refusal(AuthenticationError(_STEP_UP_DETAIL, code="step_up_required"), found)
    target = own_target()
    if demand.kind is DemandKind.INTERSTITIAL:
        response = await render("prove.html", target=target)
    else:
        # 307 keeps method and body (RFC 9110 §15.4.8); the browser proves its key before it follows.
        response = Response(status=307, headers={"Location": target})
    _write_fresh(response, demand)
    return response


async def _unproved(decision: Decision, found: Credential) -> Response:
    """401. Whoever looks at a page gets one: an extension that cannot hold requests proves the key now and loads the
    page again, once; without one its links do."""
    refused = _refusal(AuthenticationError(decision.detail, code="proof_required"), found)
    if request.method not in {"GET", "HEAD"} or not wants_page():
        return refused
    response = await render("renew.html", page_status=refused.status_code, target=own_target())
    for name in ("WWW-Authenticate", "Set-Cookie"):
        for value in refused.headers.getlist(name):
            response.headers.add(name, value)
    return response


def _write_fresh(response: Response, demand: Demand) -> None:
    if demand.expire_fresh:
        response.headers.add("Set-Cookie", FRESH.expire())
    elif demand.mark_fresh is not None:
        life = services().settings.bound_cookie_seconds
        response.headers.add("Set-Cookie", FRESH.set_cookie(demand.mark_fresh, max_age_seconds=life))


def _refusal(error: BoundgateError, found: Credential) -> Response:
    response = openai_error_response(error, error.status)
    ended = found.state is SessionState.ENDED
    # A refused cookie that stays in the jar keeps the browser from ever refreshing it.
    if found.refused or (ended and caller().bound_text):
        response.headers.add("Set-Cookie", BOUND.expire())
    if ended and caller().login_value is not None:
        response.headers.add("Set-Cookie", login_cookie("", max_age_seconds=0))
    return response


def _note_skipped(found: Credential) -> None:
    """Record why the browser says that it did not refresh. Anybody can say so: it grants and ends nothing."""
    header = request.headers.get(SKIPPED, "")
    session_id = found.view.session.id if found.view else None
    for skipped in read_skipped(header[:SKIPPED_MAX_CHARS])[:1]:
        record_event("dbsc.skipped", skipped.reason, session_id=session_id)
