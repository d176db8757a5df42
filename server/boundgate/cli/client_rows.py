"""Registered programs as the command line shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundgate.cli.output import show_table, utc

if TYPE_CHECKING:
    from boundgate.oauth.model import Client


def whose(client: Client, owner: str | None) -> str:
    """Whom a program works for."""
    if client.published:
        return "everybody" if owner is None else f"everybody (made by {owner})"
    return "nobody: not published" if owner is None else f"{owner} alone"


def client_document(client: Client, owner: str | None) -> dict[str, Any]:
    """For programs."""
    return {
        "client_id": client.id,
        "name": client.name,
        "kind": client.kind.value,
        "made_by": owner,
        "published": client.published,
        "redirect_uris": list(client.redirect_uris),
        "scopes": sorted(client.scopes),
        "grants": sorted(client.grants),
        "keys": len(client.jwks),
        "created_at": client.created_at,
    }


def show_client(client: Client, owner: str | None) -> None:
    """For people."""
    rows = [
        ("client id", client.id),
        ("name", client.name),
        ("kind", f"{client.kind.value}, {len(client.jwks)} keys" if client.jwks else client.kind.value),
        ("works for", whose(client, owner)),
        ("answers go to", "\n".join(client.redirect_uris) or "nowhere: it acts for itself"),
        ("scopes", " ".join(sorted(client.scopes))),
        ("grants", " ".join(sorted(client.grants))),
        ("registered", utc(client.created_at)),
    ]
    show_table(("what", "value"), rows)
