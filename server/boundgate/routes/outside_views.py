"""Accounts at outside providers as the account page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boundgate.oauth.outside.model import Purpose, account_id
from boundgate.routes.context import caller, services


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideRow:
    """One account elsewhere."""

    id: str
    provider: str
    issuer: str
    subject: str
    linked_at: float | None
    """None while it waits for the passkey that links it."""


async def outside_of(user_id: str, session_id: str) -> dict[str, Any]:
    """What the account page says of outside providers; nothing where there are neither providers nor links."""
    outside = services().outside
    links = [
        OutsideRow(
            id=account_id(link.issuer, link.subject),
            provider=outside.name_of(link.issuer),
            issuer=link.issuer,
            subject=link.subject,
            linked_at=link.linked_at,
        )
        for link in await outside.links_of(user_id)
    ]
    shown = outside.identified(caller().outside, Purpose.LINK, session_id=session_id)
    waiting = None
    if shown is not None and shown.account_id not in {link.id for link in links}:
        waiting = OutsideRow(
            id=shown.account_id,
            provider=outside.name_of(shown.issuer),
            issuer=shown.issuer,
            subject=shown.subject,
            linked_at=None,
        )
    return {"outside_links": links, "outside_waiting": waiting, "outside_providers": outside.providers}
