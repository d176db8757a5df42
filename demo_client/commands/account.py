"""`models`, `whoami`, `usage`, `devices`: what the server knows, asked for with the token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo_client import ui
from demo_client.commands.options import AsJson, StateDir, session_at
from demo_client.dpop import origin
from demo_client.errors import NotAServer, Refused
from demo_client.jose import thumbprint
from demo_client.session import Session


def models(*, state_dir: StateDir = None, as_json: AsJson = False) -> None:
    """List the models that this login may use.

    Example:

      python -m demo_client models
    """
    with session_at(state_dir) as session:
        found = session.get(f"{session.resource}/models")
    if as_json:
        ui.show_json(found)
        return
    rows = _rows(found, "data")
    ui.show_table(
        ["model", "tier", "owner"],
        [[ui.cell(row.get("id")), ui.cell(row.get("tier")), ui.cell(row.get("owned_by"))] for row in rows],
    )


def whoami(*, state_dir: StateDir = None, as_json: AsJson = False) -> None:
    """Show what the server knows about you and about this machine's key.

    Example:

      python -m demo_client whoami
    """
    with session_at(state_dir) as session:
        known = _known(session)
        if as_json:
            ui.show_json({"here": _here(session), "server": known})
            return
        ui.show_facts(_here(session) | {name: ui.cell(value) for name, value in _flat(known)})


def usage(*, state_dir: StateDir = None, as_json: AsJson = False) -> None:
    """Show what the calls of this login have cost.

    Example:

      python -m demo_client usage
    """
    with session_at(state_dir) as session:
        found = _optional(session, "usage")
    if as_json:
        ui.show_json(found)
        return
    ui.show_facts({"calls": ui.cell(found.get("calls")), "cost": ui.dollars(found.get("cost_micro_usd"))})


def devices(*, state_dir: StateDir = None, as_json: AsJson = False) -> None:
    """List the browsers and programs that act for you, and the keys that they hold.

    Example:

      python -m demo_client devices
    """
    with session_at(state_dir) as session:
        found = _optional(session, "devices")
        own = thumbprint(session.key.jwk)
    if as_json:
        ui.show_json(found)
        return
    rows = _rows(found, "devices")
    ui.show_table(
        ["key", "what", "kind of key", "last proof", ""],
        [
            [
                ui.cell(row.get("key_thumbprint")),
                ui.cell(row.get("name")),
                ui.cell(row.get("provenance")),
                ui.moment(row.get("last_proof_at")) or "",
                "this one" if row.get("key_thumbprint") == own else "",
            ]
            for row in rows
        ],
    )


def _known(session: Session) -> Mapping[str, Any]:
    try:
        return session.get(f"{session.login.server}/oauth/whoami")
    except Refused as error:
        if error.status != 404:
            raise
    endpoint = session.metadata.userinfo_endpoint
    if endpoint is None or origin(endpoint) != origin(session.resource):
        raise NotAServer("this server tells programs nothing about their users.")
    return session.get(endpoint)


def _optional(session: Session, what: str) -> Mapping[str, Any]:
    try:
        return session.get(f"{session.login.server}/oauth/{what}")
    except Refused as error:
        if error.status == 404:
            raise NotAServer(
                f"this server does not tell programs about {what} yet.", f"{session.login.server}/account shows it."
            ) from None
        raise


def _rows(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = document.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _here(session: Session) -> dict[str, str | None]:
    login = session.login
    return {
        "server": login.server,
        "client id": login.client_id,
        "key": thumbprint(session.key.jwk),
        "kind of key": f"{session.key.kind}, in {session.key.place}",
        "may": login.scope or None,
        "token until": ui.moment(login.expires_at),
    }


def _flat(document: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for name, value in document.items():
        label = f"{prefix}{ui.cell(name)}"
        if isinstance(value, dict) and not prefix:
            pairs.extend(_flat(value, f"{label}."))
        else:
            pairs.append((label, ui.moment(value) if name.endswith(("_at", "auth_time")) else value))
    return pairs
