"""How a session and its binding are read from their rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, select

from boundgate.sessions.model import Binding, Session, SessionView
from boundgate.storage.rows import blob, maybe, member, reader, seconds, text, whole
from boundgate.storage.schema import bindings, sessions, users
from boundgate.terms import EndReason, Provenance

VIEWS: Select[Any] = (
    select(sessions, users.c.name.label("user_name"), bindings)
    .join(users, users.c.id == sessions.c.user_id)
    .outerjoin(bindings, bindings.c.session_id == sessions.c.id)
)
"""Sessions with their bindings: one statement, hence one instant."""


def _read_view(row: Row[Any]) -> SessionView:
    return SessionView(_read_session(row), None if row.session_id is None else _read_binding(row))


def _read_session(row: Row[Any]) -> Session:
    return Session(
        id=text(row.id),
        user_id=text(row.user_id),
        user_name=text(row.user_name),
        login_hash=blob(row.login_hash),
        created_at=seconds(row.created_at),
        last_seen_at=seconds(row.last_seen_at),
        user_agent=text(row.user_agent),
        address=text(row.address),
        offered_at=seconds(row.offered_at),
        ended_at=maybe(seconds, row.ended_at),
        ended_reason=None if row.ended_reason is None else member(EndReason, row.ended_reason),
    )


def _read_binding(row: Row[Any]) -> Binding:
    return Binding(
        session_id=text(row.session_id),
        algorithm=text(row.algorithm),
        jwk=text(row.jwk),
        thumbprint=text(row.thumbprint),
        provenance=member(Provenance, row.provenance),
        bound_at=seconds(row.bound_at),
        last_proof_at=seconds(row.last_proof_at),
        last_mint=whole(row.last_mint),
        contested_at=maybe(seconds, row.contested_at),
    )


read_view = reader("session", _read_view)
