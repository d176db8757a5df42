"""`/oauth/authorize`: a program asks, a person decides, with a passkey assertion for this very request, every time.

A request is checked, parked under an id of its own, and shown. The assertion is made for that id, and the decision uses
it up. The answer leaves by a page of ours that goes on by itself: Chromium applies `form-action` to the redirect of a
form, and a policy that names every client's address would be none.
"""

from __future__ import annotations

from quart import Blueprint, Response, request

from boundgate.errors import AuthenticationError, BadRequest, BoundgateError
from boundgate.oauth.authorize import require_use
from boundgate.oauth.errors import AuthorizationRefused, OAuthError
from boundgate.oauth.families import PASSKEY_AMR
from boundgate.oauth.model import AuthorizationRequest, Consent
from boundgate.oauth.parameters import read_parameters
from boundgate.routes import acts
from boundgate.routes.bodies import form
from boundgate.routes.context import credential, own_target, services
from boundgate.routes.oauth_views import ClientView, Destination, in_order
from boundgate.routes.recording import record_event
from boundgate.routes.returning import DECISION_PATH, decision_target
from boundgate.routes.signing_in import sign_in_page
from boundgate.routes.views import render
from boundgate.sessions.model import Session

DECIDE_SECONDS = 600
"""Time to sign in, read and decide."""
blueprint = Blueprint("oauth_authorize", __name__)


@blueprint.get("/oauth/authorize")
async def authorize() -> Response:
    """Check a request and go on to its decision."""
    if request.method == "HEAD":
        # RFC 9110 §9.2.1: whoever only looks where a link leads must not use it up.
        return Response(content_type="text/html; charset=utf-8")
    if request.headers.get("Sec-Purpose", "").startswith("prefetch"):
        # Nor a browser that only guesses where its user will go; it asks again where a guess was answered by an error.
        return Response(status=503)
    try:
        parameters = read_parameters(request.query_string)
        asked = await services().oauth.authorization.read(parameters)
    except AuthorizationRefused as refused:
        record_event(acts.AUTHORIZE, refused.public_code, reason=refused.detail)
        return _see_other(services().oauth.authorization.error_url(refused))
    except OAuthError as error:
        return await _stopped(error)
    # Nothing is written for a stranger who has not even pushed anything: the request stays in the address.
    if not (await credential()).signed_in and "request_uri" not in parameters:
        return await sign_in_page(target=own_target())
    return _see_other(decision_target(await services().oauth.authorization.park(asked, life_seconds=DECIDE_SECONDS)))


@blueprint.get(DECISION_PATH)
async def show() -> Response:
    """What is asked, by whom, and where the answer goes; whoever is not signed in signs in first."""
    pending = request.args.get("request", "")
    try:
        asked = await services().oauth.authorization.parked(pending)
        session = await _session()
        if session is None:
            return await sign_in_page(target=decision_target(pending))
        require_use(asked.client, session.user_id)
    except AuthorizationRefused as refused:
        return await _refused_late(refused)
    except OAuthError as error:
        return await _stopped(error)
    return await _page(asked, pending, session)


@blueprint.post(DECISION_PATH)
async def decide() -> Response:
    """Take the decision. Whatever is not "allow" with an assertion made for this request gives nothing."""
    posted = await form("request", "decision", "credential?")
    pending, allowed = posted["request"], posted["decision"] == "allow"
    if not allowed and posted["decision"] != "decline":
        raise BadRequest('A decision is "allow" or "decline".', param="decision")
    session = await _session()
    if session is None:
        return await sign_in_page(target=decision_target(pending), status=AuthenticationError.status)
    authorization = services().oauth.authorization
    try:
        asked = await authorization.parked(pending)
        require_use(asked.client, session.user_id)
        if allowed:
            await _touch(posted.get("credential", ""), pending, session)
        # Of two decisions about one request, made in two windows, only the first counts.
        asked = await authorization.resume(pending)
        target = await _grant(asked, session) if allowed else authorization.denied_url(asked)
    except AuthorizationRefused as refused:
        return await _refused_late(refused)
    except OAuthError as error:
        return await _stopped(error)
    except BoundgateError as error:
        record_event(
            acts.AUTHORIZE, error.public_code, session_id=session.id, user_id=session.user_id, reason=error.detail
        )
        return await _page(asked, pending, session, error=error)
    outcome = "ok" if allowed else "declined"
    record_event(
        acts.AUTHORIZE, outcome, session_id=session.id, user_id=session.user_id, reason=f"client {asked.client.id}"
    )
    return await _answered("allowed" if allowed else "declined", target, asked)


async def _touch(assertion: str, pending: str, session: Session) -> None:
    await services().passkeys.confirm_act(
        assertion, user_id=session.user_id, session_id=session.id, act=acts.AUTHORIZE, target=pending
    )


async def _grant(asked: AuthorizationRequest, session: Session) -> str:
    now = services().clock()
    target = await services().oauth.authorization.grant(
        asked, user_id=session.user_id, scope=asked.scope, auth_time=now, amr=PASSKEY_AMR
    )
    await services().oauth.store.record_consent(
        Consent(user_id=session.user_id, client_id=asked.client.id, scope=asked.scope, given_at=now)
    )
    return target


async def _session() -> Session | None:
    found = await credential()
    if not found.signed_in or found.view is None:
        return None
    services().sessions.seen(found)
    return found.view.session


async def _page(
    asked: AuthorizationRequest, pending: str, session: Session, *, error: BoundgateError | None = None
) -> Response:
    before = await services().oauth.store.consent(session.user_id, asked.client.id)
    return await render(
        "consent.html",
        page_status=error.status if error else 200,
        error=error.detail if error else None,
        handle=pending,
        client=await ClientView.of(asked.client),
        scopes=in_order(asked.scope),
        destination=Destination.of(asked.redirect_uri),
        thumbprint=asked.jkt,
        refresh_seconds=services().oauth.rules.refresh_seconds,
        family_seconds=services().oauth.rules.family_seconds,
        allowed_before=before.given_at if before else None,
    )


async def _answered(outcome: str, target: str, asked: AuthorizationRequest) -> Response:
    destination = Destination.of(asked.redirect_uri)
    return await render(
        "answered.html", outcome=outcome, target=target, destination=destination, client_name=asked.client.name
    )


async def _refused_late(refused: AuthorizationRefused) -> Response:
    """The client has changed since its request was parked. It is told, by a page: this may answer a form."""
    record_event(acts.AUTHORIZE, refused.public_code, reason=refused.detail)
    return await render(
        "answered.html",
        outcome="refused",
        reason=refused.detail,
        target=services().oauth.authorization.error_url(refused),
        destination=Destination.of(refused.redirect_uri),
        client_name="The program",
    )


async def _stopped(error: OAuthError) -> Response:
    """RFC 6749 §4.1.2.1: where the client or its redirect URI is not known to be right, nothing is sent there."""
    record_event(acts.AUTHORIZE, error.public_code, reason=error.detail)
    return await render("stopped.html", page_status=error.status, code=error.public_code, detail=error.detail)


def _see_other(url: str) -> Response:
    # RFC 9700 §4.12: 303, so that nothing that was posted is posted again.
    return Response(status=303, headers={"Location": url})
