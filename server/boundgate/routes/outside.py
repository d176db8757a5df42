"""Sign-in that begins at an outside OpenID provider and ends with the passkey, as every sign-in does.

The cookie carries what the browser has begun, then whom the provider has named. Neither is a session: the only way from
here to one is `finish`, with an assertion by a passkey of the user who has linked that account.
"""

from __future__ import annotations

from quart import Blueprint, Response, jsonify, request

from boundgate.errors import BoundgateError
from boundgate.oauth.outside.errors import OutsideElsewhere, OutsideError, OutsideStale
from boundgate.oauth.outside.model import LIFE_SECONDS, Identified, Purpose
from boundgate.oauth.outside.service import Begun
from boundgate.oauth.parameters import read_parameters
from boundgate.routes.bodies import form, json_object
from boundgate.routes.context import caller, credential, services, wants_page
from boundgate.routes.problems import problem
from boundgate.routes.recording import record_event
from boundgate.routes.returning import return_target
from boundgate.routes.signing_in import add_cookies, see_other, start_session
from boundgate.routes.views import render
from boundgate.sessions.cookies import outside_cookie

PAGE = "/sign-in/outside"
blueprint = Blueprint("outside", __name__, url_prefix=PAGE)


@blueprint.post("/start")
async def start() -> Response:
    """Where to go, and a cookie that belongs to it. By script: a policy for forms that named every provider would be
    none, and a page of another site cannot begin anything here."""
    posted = await json_object("provider", "next?")
    target = return_target(posted.get("next")) or ""
    return departure(await services().outside.begin(posted["provider"], purpose=Purpose.SIGN_IN, target=target))


def departure(begun: Begun) -> Response:
    """The answer to a page that is about to leave for a provider."""
    answer = jsonify(location=begun.url)
    add_cookies(answer, outside_cookie(begun.cookie, max_age_seconds=LIFE_SECONDS))
    return answer


@blueprint.get("/<provider>/callback")
async def callback(provider: str) -> Response:
    """A provider's answer. Ends on a page without it in its address, so that a reload repeats nothing."""
    found = await credential()
    session_id = found.view.session.id if found.signed_in and found.view else None
    outside, cookie = services().outside, caller().outside
    kind = f"outside.{outside.purpose_of(cookie)}"
    try:
        identified, carried = await outside.complete(
            provider, read_parameters(request.query_string), cookie=cookie, session_id=session_id
        )
    except BoundgateError as error:
        return await _stopped(error, kind)
    linking = identified.purpose is Purpose.LINK
    record_event(kind, "identified", session_id=session_id, user_id=identified.user_id or None)
    answer = see_other("/account#outside" if linking else PAGE)
    add_cookies(answer, outside_cookie(carried, max_age_seconds=LIFE_SECONDS))
    return answer


@blueprint.get("")
async def page() -> Response:
    """The sign-in page for whoever has been named, which goes on with a passkey of theirs."""
    identified = services().outside.identified(caller().outside, Purpose.SIGN_IN)
    if identified is None:
        return see_other("/")
    return await _page(identified)


@blueprint.post("/options")
async def options() -> Response:
    """Request options that only passkeys of the user who was named may answer. Stores nothing."""
    await json_object()
    return jsonify(await services().passkeys.sign_in_options_as(_named().user_id))


@blueprint.post("")
async def finish() -> Response:
    """Take the assertion and start a session, exactly as a sign-in without a provider does."""
    posted = await form("credential")
    try:
        identified = _named()
    except OutsideError as error:
        return await _stopped(error, f"outside.{Purpose.SIGN_IN}")
    try:
        signed_in = await services().passkeys.sign_in_as(posted["credential"], user_id=identified.user_id)
        await services().outside.use_up(caller().outside)
    except BoundgateError as error:
        record_event("sign_in", error.public_code, user_id=identified.user_id, reason=error.detail)
        return await _page(identified, error=error)
    answer = await start_session(signed_in.user, "sign_in", return_target(identified.target) or "/playground")
    add_cookies(answer, outside_cookie("", max_age_seconds=0))
    return answer


def _named() -> Identified:
    identified = services().outside.identified(caller().outside, Purpose.SIGN_IN)
    if identified is None:
        raise OutsideStale
    return identified


async def _page(identified: Identified, *, error: BoundgateError | None = None) -> Response:
    user = await services().store.user(identified.user_id)
    return await render(
        "outside_sign_in.html",
        page_status=error.status if error else 200,
        error=error.detail if error else None,
        provider=services().outside.name_of(identified.issuer),
        meant=user.name if user else None,
        target=return_target(identified.target),
    )


async def _stopped(error: BoundgateError, kind: str) -> Response:
    record_event(kind, error.public_code, reason=error.detail)
    if wants_page():
        linking = kind == f"outside.{Purpose.LINK}"
        answer = await render(
            "outside_stopped.html",
            page_status=error.status,
            code=error.public_code,
            detail=error.detail,
            back="/account" if linking else "/",
            linking=linking,
        )
    else:
        answer = problem(error, error.status)
    # What was not begun here, or cannot even be read, must not end what was.
    if isinstance(error, OutsideError) and not isinstance(error, OutsideElsewhere):
        add_cookies(answer, outside_cookie("", max_age_seconds=0))
    return answer
