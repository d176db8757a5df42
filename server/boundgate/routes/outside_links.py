"""A user's accounts at outside providers. The account is shown first; then a passkey links this very one."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify

from boundgate.oauth.outside.errors import OutsideStale
from boundgate.oauth.outside.model import Purpose
from boundgate.routes import acts
from boundgate.routes.account import confirmed, signed_in
from boundgate.routes.bodies import json_object
from boundgate.routes.context import caller, services
from boundgate.routes.outside import departure
from boundgate.routes.recording import record_event
from boundgate.routes.signing_in import add_cookies
from boundgate.sessions.cookies import outside_cookie

blueprint = Blueprint("outside_links", __name__, url_prefix="/account/outside")


@blueprint.post("/start")
async def start() -> Response:
    """Where to go to show an account. Links nothing: what comes back is shown, and waits for a passkey."""
    posted = await json_object("provider")
    session, _ = await signed_in()
    return departure(await services().outside.begin(posted["provider"], purpose=Purpose.LINK, session_id=session.id))


@blueprint.post("")
async def link() -> tuple[Response, int]:
    """Link the account that this session has just shown to have, by an assertion made for that account."""
    posted = await json_object("id", "credential")
    session, user = await signed_in()
    shown = services().outside.identified(caller().outside, Purpose.LINK, session_id=session.id)
    if shown is None or shown.account_id != posted["id"]:
        raise OutsideStale
    await confirmed(session, posted["credential"], acts.OUTSIDE_LINK, shown.account_id)
    await services().outside.use_up(caller().outside)
    await services().outside.link(shown, user_id=user.id)
    record_event(acts.OUTSIDE_LINK, "ok", session_id=session.id, user_id=user.id, reason=f"issuer {shown.issuer}")
    answer = jsonify(id=shown.account_id)
    add_cookies(answer, outside_cookie("", max_age_seconds=0))
    return answer, 201


@blueprint.post("/remove")
async def remove() -> Response:
    """Unlink an account: nobody is identified by it any more."""
    posted = await json_object("id", "credential")
    session, user = await signed_in()
    await confirmed(session, posted["credential"], acts.OUTSIDE_REMOVE, posted["id"])
    await services().outside.unlink(posted["id"], user_id=user.id)
    record_event(acts.OUTSIDE_REMOVE, "ok", session_id=session.id, user_id=user.id)
    return jsonify({})
