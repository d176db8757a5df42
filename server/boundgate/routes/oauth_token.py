"""What programs ask the server directly: tokens, pushed requests, revocation, introspection, user info, keys."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response, jsonify, request

from boundgate.dpop import DpopProof
from boundgate.oauth.errors import FamilyEnded, InvalidRequest, InvalidToken
from boundgate.oauth.metadata import (
    INTROSPECT_PATH,
    JWKS_PATH,
    PAR_PATH,
    REVOKE_PATH,
    TOKEN_PATH,
    USERINFO_PATH,
)
from boundgate.oauth.model import Client, ClientKind
from boundgate.oauth.parameters import read_parameters
from boundgate.routes.bodies import form_octets
from boundgate.routes.context import services
from boundgate.routes.oauth_allowance import counted, proved
from boundgate.routes.presented import token_subject
from boundgate.routes.recording import record_event

blueprint = Blueprint("oauth", __name__)


@blueprint.post(TOKEN_PATH)
@counted
async def token() -> Response:
    """RFC 6749 §3.2. Every answer is bound to the key of the request's DPoP proof (RFC 9449 §5)."""
    parameters = await _parameters()
    tokens = services().oauth.tokens
    grant = tokens.check_grant(parameters)
    # Before the client's assertion and before the code: a proof that only lacks a nonce costs the client neither.
    proof = await _proof(TOKEN_PATH)
    try:
        answer = await tokens.answer(parameters, jkt=proof.jkt, authorization=request.headers.get("Authorization"))
    except FamilyEnded as ended:
        record_event(
            "oauth.family_ended", ended.reason, session_id=ended.family_id, user_id=ended.user_id, reason=ended.detail
        )
        raise
    proved()
    family = answer.family
    record_event(
        "oauth.token",
        "ok",
        session_id=family.id,
        user_id=family.user_id,
        reason=f"{grant}, client {family.client_id}",
    )
    return _private(answer.members())


@blueprint.post(PAR_PATH)
@counted
async def par() -> tuple[Response, int]:
    """RFC 9126 §2.1. A DPoP proof binds the code to its key (RFC 9449 §10.1)."""
    parameters = await _parameters()
    proof = await _proof(PAR_PATH) if "DPoP" in request.headers else None
    client = await _client(parameters)
    if client.kind is ClientKind.CONFIDENTIAL:
        proved()
    pushed = await services().oauth.pushed.push(client, parameters, proved_jkt=proof.jkt if proof else None)
    record_event("oauth.par", "ok", reason=f"client {client.id}")
    return _private({"request_uri": pushed.request_uri, "expires_in": pushed.expires_in}), 201


@blueprint.post(REVOKE_PATH)
@counted
async def revoke() -> Response:
    """RFC 7009. 200 also for a token that is unknown: it is not good, which is what was wanted (§2.2)."""
    parameters = await _parameters()
    client = await _client(parameters)
    family = await services().oauth.revocation.revoke(client, parameters)
    if family is not None:
        proved()
    record_event(
        "oauth.revoke",
        "ok" if family else "not_live",
        session_id=family.id if family else None,
        user_id=family.user_id if family else None,
        reason=f"client {client.id}",
    )
    return _private({})


@blueprint.post(INTROSPECT_PATH)
@counted
async def introspect() -> Response:
    """RFC 7662, for clients that authenticate."""
    parameters = await _parameters()
    client = await _client(parameters)
    members = await services().oauth.introspection.introspect(client, parameters)
    proved()
    record_event("oauth.introspect", "ok", reason=f"client {client.id}")
    return _private(members)


@blueprint.route(USERINFO_PATH, methods=["GET", "POST"])
async def userinfo() -> Response:
    """OpenID Connect Core §5.3; a protected resource like `/v1` (RFC 9449 §7)."""
    if "Authorization" not in request.headers:
        raise InvalidToken("Send an access token: Authorization: DPoP, and a proof of its key.")
    return _private(await services().oauth.identity.userinfo(await token_subject()))


@blueprint.get(JWKS_PATH)
async def jwks() -> Response:
    """RFC 7517 §5. During a rotation both keys are there."""
    response = jsonify(services().oauth.keys.jwks())
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


async def _parameters() -> dict[str, str]:
    # RFC 6749 §2.3.1: in the body and nowhere else; addresses end up in logs.
    if request.query_string:
        raise InvalidRequest("Send the parameters in the body, none in the address (RFC 6749 §2.3.1).")
    return read_parameters(await form_octets())


async def _client(parameters: dict[str, str]) -> Client:
    return await services().oauth.authentication.client(parameters, authorization=request.headers.get("Authorization"))


async def _proof(path: str) -> DpopProof:
    here = services()
    return await here.oauth.proofs.take(fields=request.headers.getlist("DPoP"), method="POST", url=here.origin + path)


def _private(members: dict[str, Any]) -> Response:
    response = jsonify(members)
    # RFC 6749 §5.1
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
