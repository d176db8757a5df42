"""Turns what happened to a request into records. Ids are hashed; nothing a caller sent is kept but its agent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quart import g, request

from boundgate.routes.context import Caller, caller, services
from boundgate.routes.presented import Actor, actor
from boundgate.terms import Provenance
from boundgate.usage.model import AuditEvent, CallRecord, fold_key
from boundgate.usage.recorder import session_hash

if TYPE_CHECKING:
    from boundgate.services import Services

METHOD_MAX_CHARS = 32
"""A stranger may send a method as long as a whole request head, and records wait in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallContext:
    """What a call's record needs once its request is gone."""

    here: Services
    who: Caller
    actor: Actor | None
    started_at: float
    method: str
    route: str
    model: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a call ended. `decision` is `allow` or the code that the caller saw; money in micro-dollars."""

    decision: str
    status: int
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_micro_usd: int = 0
    reason: str | None = None


def record_event(
    kind: str,
    outcome: str,
    *,
    session_id: str | None = None,
    user_id: str | None = None,
    reason: str | None = None,
) -> None:
    """Record one security-relevant event of the current request.

    Args:
        kind: such as `dbsc.refresh`.
        outcome: `ok` or an error code.
    """
    who = caller()
    write_event(
        services(),
        kind,
        outcome,
        address=who.address,
        user_agent=who.user_agent,
        session_id=session_id,
        user_id=user_id,
        reason=reason,
    )


def write_event(
    here: Services,
    kind: str,
    outcome: str,
    *,
    address: str,
    user_agent: str,
    session_id: str | None = None,
    user_id: str | None = None,
    reason: str | None = None,
) -> None:
    """The same for what is answered below the framework, where there is no current request."""
    here.metrics.note_event(kind, outcome)
    now, session = here.clock(), session_hash(session_id) if session_id else None
    key = fold_key(at=now, kind=kind, outcome=outcome, address=address, session_hash=session)
    if here.recorder.again(key, now):
        return
    here.recorder.event(
        AuditEvent(
            at=now,
            kind=kind,
            outcome=outcome,
            session_hash=session,
            user_id=user_id,
            address=address,
            user_agent=user_agent,
            reason=reason,
        ),
        key=key,
    )


def call_context() -> CallContext:
    """The current call, as far as it is known by now."""
    rule = request.url_rule.rule if request.url_rule else ""
    return CallContext(
        here=services(),
        who=caller(),
        actor=actor(),
        started_at=services().clock(),
        method=request.method[:METHOD_MAX_CHARS],
        route=rule if "<path:" not in rule else "/v1/*",
        model=g.get("model"),
    )


def record_call(context: CallContext, outcome: Outcome) -> None:
    """Record one call to `/v1`, admitted or refused."""
    here = context.here
    by = context.actor
    here.metrics.calls.labels(context.route, outcome.decision).inc()
    here.metrics.spend.inc(outcome.cost_micro_usd)
    here.recorder.call(
        CallRecord(
            at=context.started_at,
            request_id=context.who.request_id,
            session_hash=session_hash(by.id) if by else None,
            user_id=by.user_id if by else None,
            key_thumbprint=by.key_thumbprint if by else None,
            provenance=by.provenance if by else Provenance.NONE,
            address=context.who.address,
            user_agent=context.who.user_agent,
            method=context.method,
            route=context.route,
            model=context.model,
            decision=outcome.decision,
            status=outcome.status,
            input_tokens=outcome.input_tokens,
            output_tokens=outcome.output_tokens,
            cost_micro_usd=outcome.cost_micro_usd,
            latency_ms=round((here.clock() - context.started_at) * 1000, 3),
            reason=outcome.reason,
        )
    )
