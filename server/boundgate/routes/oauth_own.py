"""What a program may ask about itself and its user with a token for `openid`: its key, its spending, what else acts.

No more than a person would show it: of browsers no address and no user agent, of other programs no more than the name.
"""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, jsonify

from boundgate.oauth.errors import InsufficientScope
from boundgate.oauth.model import Family, Scope
from boundgate.routes.context import services
from boundgate.routes.oauth_views import in_order
from boundgate.routes.presented import token_subject
from boundgate.sessions.model import SessionView
from boundgate.terms import Provenance
from boundgate.usage.recorder import session_hash

WHOAMI_PATH, USAGE_PATH, DEVICES_PATH = "/oauth/whoami", "/oauth/usage", "/oauth/devices"
PATHS = frozenset({WHOAMI_PATH, USAGE_PATH, DEVICES_PATH})
blueprint = Blueprint("oauth_own", __name__)


@blueprint.get(WHOAMI_PATH)
async def whoami() -> Response:
    """The server's record behind the token: whose it is, which key it takes, and what is known of that key."""
    family, user_id = await _own()
    client = await services().oauth.registry.client(family.client_id)
    user = await services().store.user(user_id)
    return _private(
        {
            "user": user.name if user else None,
            "client": client.name,
            **_key(family),
            "why_not_attested": family.attestation,
            "scope": " ".join(in_order(family.scope)),
            "auth_time": family.auth_time,
            "created_at": family.created_at,
            "ends_at": services().oauth.rules.family_end(family),
        }
    )


@blueprint.get(USAGE_PATH)
async def usage() -> Response:
    """What the calls of this login have cost, in micro-dollars."""
    family, _ = await _own()
    # The call that the program has just seen the end of must be in the sum.
    await services().recorder.flush()
    total = await services().usage.spend(session_hash(family.id))
    return _private({"calls": total.calls, "cost_micro_usd": total.cost_micro_usd})


@blueprint.get(DEVICES_PATH)
async def devices() -> Response:
    """Everything that acts for the user now."""
    family, user_id = await _own()
    oauth = services().oauth
    names = {client.id: client.name for client in await oauth.registry.clients()}
    programs = [
        {"kind": "program", "name": names.get(one.client_id), "current": one.id == family.id, **_key(one)}
        for one in await oauth.families.live(user_id)
    ]
    browsers = [_browser(view) for view in await services().sessions.live(user_id)]
    return _private({"devices": programs + browsers})


async def _own() -> tuple[Family, str]:
    subject = await token_subject()
    if Scope.OPENID not in subject.scope or subject.user_id is None:
        raise InsufficientScope("The token is not for the scope openid.")
    return subject.family, subject.user_id


def _key(family: Family) -> dict[str, Any]:
    return {
        "key_thumbprint": family.jkt,
        "provenance": family.provenance.value,
        "last_proof_at": family.last_proof_at,
    }


def _browser(view: SessionView) -> dict[str, Any]:
    return {
        "kind": "browser",
        "name": "a browser",
        "current": False,
        "key_thumbprint": view.binding.thumbprint if view.binding else None,
        "provenance": (view.binding.provenance if view.binding else Provenance.NONE).value,
        "last_proof_at": services().sessions.last_proof_at(view),
    }


def _private(members: dict[str, Any]) -> Response:
    response = jsonify(members)
    response.headers["Cache-Control"] = "no-store"
    return response
