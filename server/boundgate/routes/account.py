"""What a user may change about an account. The login cookie shows the page; each change takes a passkey of its own."""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass

from quart import Blueprint, Response, jsonify, redirect

from boundgate.errors import AuthenticationError, BadRequest, NotFound
from boundgate.passkeys.model import User
from boundgate.routes import acts
from boundgate.routes.bodies import json_object
from boundgate.routes.context import credential, services
from boundgate.routes.oauth_views import programs_of
from boundgate.routes.outside_views import outside_of
from boundgate.routes.recording import record_event
from boundgate.routes.tpm_views import tpms_of
from boundgate.routes.views import render
from boundgate.sessions.credential import Credential
from boundgate.sessions.model import Session, SessionView
from boundgate.terms import EndReason, Provenance

blueprint = Blueprint("account", __name__, url_prefix="/account")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One session as the page shows it."""

    id: str
    current: bool
    state: str
    provenance: str
    key_thumbprint: str | None
    last_proof_at: float | None
    created_at: float
    last_seen_at: float
    user_agent: str
    address: str


@blueprint.get("")
async def page() -> Response:
    """Passkeys, sessions, programs, TPMs, accounts elsewhere and notices."""
    found = await credential()
    if not found.signed_in or found.view is None:
        return redirect("/", code=303)  # type: ignore[return-value]
    services().sessions.seen(found)
    user_id = found.view.session.user_id
    passkeys = services().passkeys
    return await render(
        "account.html",
        passkeys=[
            asdict(passkey) | {"id": _text(passkey.credential_id)} for passkey in await passkeys.passkeys_of(user_id)
        ],
        sessions=[_row(view, found) for view in await services().sessions.live(user_id)],
        notices=await passkeys.notices(user_id),
        **await programs_of(user_id),
        **await tpms_of(user_id),
        **await outside_of(user_id, found.view.session.id),
    )


@blueprint.post("/confirm")
async def confirm() -> Response:
    """Request options for one act. The assertion that answers them is worth that act and nothing else."""
    posted = await json_object("act", "target?")
    if posted["act"] not in acts.ON_REQUEST:
        raise BadRequest("There is no such act.", param="act")
    session, user = await signed_in()
    return jsonify(await services().passkeys.act_options(user, session.id, posted["act"], posted.get("target", "")))


@blueprint.post("/passkeys/options")
async def add_options() -> Response:
    """Creation options, for whoever confirmed with a passkey that one may be added."""
    posted = await json_object("credential")
    session, user = await signed_in()
    await confirmed(session, posted["credential"], acts.PASSKEY_ADD, "")
    return jsonify(await services().passkeys.add_options(user, session.id))


@blueprint.post("/passkeys")
async def add() -> tuple[Response, int]:
    """Store one more passkey. Its challenge was given out only after a confirmation."""
    posted = await json_object("credential", "name?")
    session, user = await signed_in()
    passkey = await services().passkeys.add(
        posted["credential"], user_id=user.id, session_id=session.id, name=posted.get("name", "")
    )
    record_event(acts.PASSKEY_ADD, "ok", session_id=session.id, user_id=user.id)
    return jsonify(id=_text(passkey.credential_id), name=passkey.name), 201


@blueprint.post("/passkeys/remove")
async def remove() -> Response:
    """Remove one of several passkeys."""
    posted = await json_object("id", "credential")
    session, user = await signed_in()
    await confirmed(session, posted["credential"], acts.PASSKEY_REMOVE, posted["id"])
    await services().passkeys.remove(user.id, posted["id"])
    record_event(acts.PASSKEY_REMOVE, "ok", session_id=session.id, user_id=user.id)
    return jsonify({})


@blueprint.post("/sessions/end")
async def end_session() -> Response:
    """End another session of the same user."""
    posted = await json_object("id", "credential")
    session, user = await signed_in()
    await confirmed(session, posted["credential"], acts.SESSION_END, posted["id"])
    if posted["id"] not in {view.session.id for view in await services().sessions.live(user.id)}:
        raise NotFound("You have no such session; it may have ended already. Reload the page.")
    await services().sessions.end([posted["id"]], EndReason.ENDED_BY_OWNER)
    record_event(acts.SESSION_END, "ok", session_id=posted["id"], user_id=user.id)
    return jsonify({})


async def signed_in() -> tuple[Session, User]:
    """Whose login cookie this is.

    Raises:
        AuthenticationError: nobody's, or no longer.
    """
    found = await credential()
    user = await services().store.user(found.view.session.user_id) if found.signed_in and found.view else None
    if user is None or found.view is None:
        raise AuthenticationError("You are not signed in, or no longer. Sign in again.", code="signed_out")
    return found.view.session, user


async def confirmed(session: Session, assertion: str, act: str, target: str) -> None:
    """Use up an assertion that was made for this act; raises as `PasskeyService.confirm_act` does."""
    await services().passkeys.confirm_act(
        assertion, user_id=session.user_id, session_id=session.id, act=act, target=target
    )


def _row(view: SessionView, found: Credential) -> SessionRow:
    session, binding = view.session, view.binding
    current = found.view is not None and found.view.session.id == session.id
    return SessionRow(
        id=session.id,
        current=current,
        state=(found.state if current else services().sessions.state_elsewhere(view)).value,
        provenance=(binding.provenance if binding else Provenance.NONE).value,
        key_thumbprint=binding.thumbprint if binding else None,
        last_proof_at=services().sessions.last_proof_at(view),
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        user_agent=session.user_agent,
        address=session.address,
    )


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
