"""Sign-in, enrolment, sign-out, and what `GET /session` says of it all.

The two forms are posted natively and answered with 303: that answer carries the offer to bind a key, and page script
cannot read it there (design.md §3).
"""

from __future__ import annotations

from quart import Blueprint, Response, jsonify

from boundgate.dbsc import ALGORITHMS, Standing, registration_offer
from boundgate.dbsc.headers import REGISTRATION
from boundgate.errors import AuthenticationError, BoundgateError
from boundgate.oauth.outside.carried import TARGET_MAX_CHARS
from boundgate.passkeys.model import User
from boundgate.routes import acts
from boundgate.routes.bodies import form, json_object
from boundgate.routes.context import caller, credential, services
from boundgate.routes.problems import error_response
from boundgate.routes.recording import record_event
from boundgate.routes.returning import return_target
from boundgate.routes.views import render
from boundgate.sessions.cookies import BOUND, FRESH, login_cookie
from boundgate.sessions.credential import Credential
from boundgate.terms import EndReason, Provenance, SessionState

blueprint = Blueprint("signing_in", __name__)


@blueprint.get("/")
async def front() -> Response:
    """The sign-in page, also for whoever must sign in again; whoever is bound goes on to the playground."""
    found = await credential()
    # Without its login cookie even a bound session has no pages: the playground would send it straight back here.
    at_home = found.signed_in and found.state in {SessionState.BOUND, SessionState.BINDING}
    if at_home and not found.contested:
        return see_other("/playground")
    unproved = found.signed_in and found.state is SessionState.LAPSED and not found.contested
    return await render("sign_in.html", error=None, unproved=unproved, outside=services().outside.providers)


async def sign_in_page(*, target: str | None, error: str | None = None, status: int = 200) -> Response:
    """The sign-in page for whoever was sent here by a program and is to go on to `target` afterwards."""
    # What a browser carries to a provider and back has a limit, and the decision must not get lost on the way.
    outside = services().outside.providers if len(target or "") <= TARGET_MAX_CHARS else []
    return await render("sign_in.html", page_status=status, error=error, target=target, outside=outside)


@blueprint.post("/sign-in/options")
async def sign_in_options() -> Response:
    """Request options for a discoverable passkey. Stores nothing."""
    await json_object()
    return jsonify(services().passkeys.sign_in_options())


@blueprint.post("/sign-in")
async def sign_in() -> Response:
    """Take the assertion, start a session, offer to bind it."""
    target = None
    try:
        posted = await form("credential", "next?")
        target = return_target(posted.get("next"))
        signed_in = await services().passkeys.sign_in(posted["credential"])
    except BoundgateError as error:
        record_event("sign_in", error.public_code, reason=error.detail)
        return await sign_in_page(target=target, error=error.detail, status=error.status)
    return await start_session(signed_in.user, "sign_in", target or "/playground")


@blueprint.get("/enrol")
async def enrolment() -> Response:
    """The page that a one-time link opens; the token stays in the fragment."""
    return await render("enrol.html")


@blueprint.post("/enrol/options")
async def enrolment_options() -> Response:
    """Creation options for the holder of an open link. Uses nothing up."""
    posted = await json_object("token")
    return jsonify(await services().enrolment.options(posted["token"]))


@blueprint.post("/enrol")
async def enrol() -> Response:
    """Store the first passkey and consume the link, then sign in."""
    posted = await form("token", "credential", "name?")
    user = await services().enrolment.complete(posted["token"], posted["credential"], posted.get("name", ""))
    return await start_session(user, "enrol", "/playground")


async def start_session(user: User, kind: str, target: str) -> Response:
    """Sign a user in who has just shown a passkey, and offer to bind the session.

    Args:
        kind: of the event that is recorded.
    """
    who = caller()
    started = await services().sessions.start(
        user_id=user.id,
        user_name=user.name,
        address=who.address,
        user_agent=who.user_agent,
        login_value=who.login_value,
        bound_text=who.bound_text,
    )
    record_event(kind, "ok", session_id=started.session.id, user_id=user.id)
    answer = see_other(target)
    add_cookies(answer, login_cookie(started.login_value, max_age_seconds=services().settings.login_seconds))
    # The previous session's proof is nobody's any more.
    add_cookies(answer, BOUND.expire(), FRESH.expire())
    answer.headers[REGISTRATION] = registration_offer(
        algorithms=ALGORITHMS,
        path="/dbsc/register",
        challenge=started.challenge,
        authorization=started.authorization,
    )
    return answer


@blueprint.post("/sign-out")
async def sign_out() -> Response:
    """End the session on the server first, then in the browser.

    A bound session is ended by whoever holds its key: the login cookie alone, which may be a copy, is not enough, and
    a browser that has lost it can still sign out.
    """
    posted = await form("credential?")
    found = await credential()
    if found.view is not None and (found.signed_in or found.state is SessionState.BOUND):
        try:
            await _may_sign_out(found, posted.get("credential"))
        except AuthenticationError as error:
            refusal = await error_response(error)
            # While a refused value stays in the jar, the browser sees no reason to renew it.
            add_cookies(refusal, *([BOUND.expire()] if found.refused else []))
            return refusal
        session = found.view.session
        await services().sessions.end([session.id], EndReason.SIGNED_OUT)
        record_event("sign_out", "ok", session_id=session.id, user_id=session.user_id)
    answer = see_other("/")
    # Never "cookies": that would wipe those of sibling hosts. "storage" ends the browser's session of this origin.
    answer.headers["Clear-Site-Data"] = '"storage"'
    add_cookies(answer, login_cookie("", max_age_seconds=0), BOUND.expire(), FRESH.expire())
    return answer


async def _may_sign_out(found: Credential, assertion: str | None) -> None:
    assert found.view is not None
    if found.view.binding is None or found.standing is Standing.GOOD:
        return
    if not assertion:
        raise AuthenticationError(
            "This session is bound to a key, and this request did not prove it. Reload the page and sign out again; "
            "your browser renews the proof, or asks for your passkey.",
            code="proof_required",
        )
    session = found.view.session
    await services().passkeys.confirm_act(
        assertion, user_id=session.user_id, session_id=session.id, act=acts.SIGN_OUT, target=""
    )


@blueprint.get("/session")
async def session() -> Response:
    """What this request's cookies are worth, as the contract words it. Always 200."""
    found = await credential()
    binding = found.view.binding if found.view else None
    now = services().clock()
    proved_at = services().sessions.last_proof_at(found.view)
    until = None
    if found.value is not None and found.standing is Standing.GOOD:
        until = found.value.minted_at + services().settings.bound_cookie_seconds
    shown = binding if found.state in {SessionState.BOUND, SessionState.LAPSED} else None
    return jsonify(
        state=found.state.value,
        provenance=(shown.provenance if shown else Provenance.NONE).value,
        key_thumbprint=shown.thumbprint if shown else None,
        proof_age_seconds=round(max(0.0, now - proved_at), 3) if shown and proved_at is not None else None,
        bound_until=until,
    )


def see_other(path: str) -> Response:
    """On to another page of ours, by GET."""
    return Response(status=303, headers={"Location": path})


def add_cookies(answer: Response, *cookies: str) -> None:
    """Send these `Set-Cookie` values too."""
    for cookie in cookies:
        answer.headers.add("Set-Cookie", cookie)
