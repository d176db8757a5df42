"""A user's own programs, and what programs were allowed. Each change takes a passkey assertion made for it."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify

from boundgate.errors import NotFound
from boundgate.oauth.clients import Registration
from boundgate.oauth.model import FamilyEnd
from boundgate.routes import acts
from boundgate.routes.account import confirmed, signed_in
from boundgate.routes.bodies import json_object
from boundgate.routes.context import services
from boundgate.routes.recording import record_event

blueprint = Blueprint("oauth_clients", __name__, url_prefix="/account")


@blueprint.post("/clients/options")
async def add_options() -> Response:
    """Request options for one registration. It is checked first: nobody confirms what cannot be."""
    posted = await json_object("name", "redirect_uris")
    session, user = await signed_in()
    services().oauth.registry.check(_registration(posted))
    return jsonify(await services().passkeys.act_options(user, session.id, acts.CLIENT_ADD, _target(posted)))


@blueprint.post("/clients")
async def add() -> tuple[Response, int]:
    """Register a public client that works for this user alone."""
    posted = await json_object("name", "redirect_uris", "credential")
    session, user = await signed_in()
    await confirmed(session, posted["credential"], acts.CLIENT_ADD, _target(posted))
    client = await services().oauth.registry.register(_registration(posted), owner_id=user.id)
    record_event(acts.CLIENT_ADD, "ok", session_id=session.id, user_id=user.id, reason=f"client {client.id}")
    return jsonify(client_id=client.id, name=client.name), 201


@blueprint.post("/clients/remove")
async def remove() -> Response:
    """Delete a client of one's own; everything that it was given ends."""
    posted = await json_object("id", "credential")
    session, user = await signed_in()
    await confirmed(session, posted["credential"], acts.CLIENT_REMOVE, posted["id"])
    await services().oauth.registry.remove(posted["id"], owner_id=user.id)
    record_event(acts.CLIENT_REMOVE, "ok", session_id=session.id, user_id=user.id, reason=f"client {posted['id']}")
    return jsonify({})


@blueprint.post("/authorizations/end")
async def end() -> Response:
    """End what a client was allowed, whoever the client's owner is."""
    posted = await json_object("id", "credential")
    session, user = await signed_in()
    await confirmed(session, posted["credential"], acts.AUTHORIZATION_END, posted["id"])
    own = {family.id: family for family in await services().oauth.families.live(user.id)}
    if posted["id"] not in own:
        raise NotFound("You have allowed no such thing; it may have ended already. Reload the page.")
    await services().oauth.families.end([posted["id"]], FamilyEnd.ENDED_BY_OWNER)
    record_event(
        acts.AUTHORIZATION_END,
        "ok",
        session_id=session.id,
        user_id=user.id,
        reason=f"client {own[posted['id']].client_id}",
    )
    return jsonify({})


def _registration(posted: dict[str, str]) -> Registration:
    return Registration(name=posted["name"], redirect_uris=posted["redirect_uris"].split("\n"))


def _target(posted: dict[str, str]) -> str:
    # A name has no line end, so no two registrations give the same text.
    return f"{posted['name']}\n{posted['redirect_uris']}"
