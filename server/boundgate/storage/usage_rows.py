"""How records of calls and events become rows, and how they are read back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Row

from boundgate.storage.rows import maybe, member, reader, seconds, text, whole
from boundgate.terms import Provenance
from boundgate.usage.model import AuditEvent, CallRecord, FoldKey, fold_key


def call_row(call: CallRecord) -> dict[str, Any]:
    """The row of one call."""
    return asdict(call) | {"provenance": call.provenance.value}


def event_rows(events: Iterable[AuditEvent]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of the events that are kept by themselves, and rows of the folded ones, those in a fixed order.

    All folded events of one kind, outcome, address and session in one minute are one row. It shows the first of them,
    with the time of the last.
    """
    kept: list[dict[str, Any]] = []
    folded: dict[FoldKey, list[AuditEvent]] = {}
    for event in events:
        key = fold_key(
            at=event.at,
            kind=event.kind,
            outcome=event.outcome,
            address=event.address,
            session_hash=event.session_hash,
        )
        if key is None:
            kept.append(_event_row(event, None))
        else:
            folded.setdefault(key, []).append(event)
    return kept, [_event_row(_fold(folded[key]), key[0]) for key in sorted(folded)]


def _fold(events: list[AuditEvent]) -> AuditEvent:
    count = sum([event.count for event in events])
    return replace(events[0], at=max([event.at for event in events]), count=count)


def _event_row(event: AuditEvent, minute: int | None) -> dict[str, Any]:
    return asdict(event) | {"minute": minute, "session_hash": event.session_hash or ""}


def _read_call(row: Row[Any]) -> CallRecord:
    return CallRecord(
        at=seconds(row.at),
        request_id=text(row.request_id),
        session_hash=maybe(text, row.session_hash),
        user_id=maybe(text, row.user_id),
        key_thumbprint=maybe(text, row.key_thumbprint),
        provenance=member(Provenance, row.provenance),
        address=text(row.address),
        user_agent=text(row.user_agent),
        method=text(row.method),
        route=text(row.route),
        model=maybe(text, row.model),
        decision=text(row.decision),
        status=whole(row.status),
        input_tokens=maybe(whole, row.input_tokens),
        output_tokens=maybe(whole, row.output_tokens),
        cost_micro_usd=whole(row.cost_micro_usd),
        latency_ms=maybe(seconds, row.latency_ms),
        reason=maybe(text, row.reason),
    )


def _read_event(row: Row[Any]) -> AuditEvent:
    return AuditEvent(
        at=seconds(row.at),
        kind=text(row.kind),
        outcome=text(row.outcome),
        session_hash=text(row.session_hash) or None,
        user_id=maybe(text, row.user_id),
        address=text(row.address),
        user_agent=text(row.user_agent),
        reason=maybe(text, row.reason),
        count=whole(row.count),
    )


read_call = reader("call record", _read_call)
read_event = reader("audit event", _read_event)
