"""Key attestation: two calls of a client with its token, and the touch of a user that accepts a new TPM."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify, request

from boundgate.attestation import Demand, Holder, Outcome
from boundgate.attestation.wire import (
    ACTIVATE_PATH,
    ATTESTATION_PATH,
    demand_members,
    outcome_members,
    read_answer,
    read_submission,
)
from boundgate.oauth.model import Family
from boundgate.routes import acts
from boundgate.routes.account import confirmed, signed_in
from boundgate.routes.bodies import json_object, json_octets, require_json
from boundgate.routes.context import services
from boundgate.routes.presented import token_subject
from boundgate.routes.recording import record_event

blueprint = Blueprint("oauth_attestation", __name__)


@blueprint.post(ATTESTATION_PATH)
async def begin() -> Response:
    """The first trip: a credential that the client's TPM is to activate, or why the key stays software."""
    require_json()
    family = (await token_subject()).family
    submission = read_submission(await json_octets())
    return _answer(await services().attestation.begin(_holder(family), submission), family)


@blueprint.post(ACTIVATE_PATH)
async def activate() -> Response:
    """The second trip: where the key lives, as far as that has been shown."""
    require_json()
    family = (await token_subject()).family
    submission, answer = read_answer(await json_octets())
    return _answer(await services().attestation.complete(_holder(family), submission, answer), family)


@blueprint.post("/account/tpms/accept")
async def accept() -> Response:
    """Have the keys that wait for this TPM, and those that it will hold, count as attested."""
    posted = await json_object("id", "credential")
    session, user = await signed_in()
    await confirmed(session, posted["credential"], acts.TPM_ACCEPT, posted["id"])
    await services().attestation.accept(user.id, posted["id"])
    record_event(acts.TPM_ACCEPT, "ok", session_id=session.id, user_id=user.id, reason=f"TPM {posted['id']}")
    return jsonify({})


@blueprint.post("/account/tpms/forget")
async def forget() -> Response:
    """Turn a TPM away that waits, or take back an acceptance; what was attested before stays so until it ends."""
    posted = await json_object("id", "credential")
    session, user = await signed_in()
    await confirmed(session, posted["credential"], acts.TPM_FORGET, posted["id"])
    await services().attestation.forget(user.id, posted["id"])
    record_event(acts.TPM_FORGET, "ok", session_id=session.id, user_id=user.id, reason=f"TPM {posted['id']}")
    return jsonify({})


def _holder(family: Family) -> Holder:
    # The server's own record: nothing here is a claim of the token.
    return Holder(user_id=family.user_id, client_id=family.client_id, jkt=family.jkt)


def _answer(found: Demand | Outcome, family: Family) -> Response:
    if isinstance(found, Demand):
        outcome, members, reason = "demand", demand_members(found), None
    else:
        outcome, members, reason = found.provenance.value, outcome_members(found), found.reason
        if found.touch_wanted is not None:
            members["account_uri"] = services().origin + "/account"
    record_event(
        "oauth.attestation",
        outcome,
        session_id=family.id,
        user_id=family.user_id,
        reason=reason or f"client {family.client_id}, {request.path}",
    )
    return jsonify(members)
