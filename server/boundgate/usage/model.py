"""What is recorded. All times Unix seconds; all money integer micro-dollars."""

from __future__ import annotations

from dataclasses import dataclass

from boundgate.terms import Provenance

ALLOW = "allow"
"""The decision of a call that was admitted."""

OK = "ok"
"""The outcome of an event that succeeded."""

FOLDED_KINDS = frozenset({"dbsc.refresh", "oauth.token", "oauth.par", "oauth.revoke", "oauth.introspect"})
"""Kinds of which successes are folded, too."""
FOLD_SECONDS = 60

FoldKey = tuple[int, str, str, str, str]
"""Minute, kind, outcome, address, session."""


def fold_key(*, at: float, kind: str, outcome: str, address: str, session_hash: str | None) -> FoldKey | None:
    """What an event shares with those that one row stands for; None for one that is kept by itself.

    Whoever holds a key may renew as often as he likes, as whoever is refused may try again: neither fills the disk.
    """
    if outcome == OK and kind not in FOLDED_KINDS:
        return None
    return int(at // FOLD_SECONDS), kind, outcome, address, session_hash or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call to `/v1`, admitted or refused."""

    at: float
    request_id: str
    session_hash: str | None
    """SHA-256 prefix of the id of the session or of the family of tokens, hex; ids themselves stay out of records."""
    user_id: str | None
    key_thumbprint: str | None
    provenance: Provenance
    address: str
    user_agent: str
    method: str
    route: str
    model: str | None
    decision: str
    """`allow`, or the error code with which the call was refused before it reached a model."""
    status: int
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_micro_usd: int = 0
    latency_ms: float | None = None
    """From the complete request to the end of the answer."""
    reason: str | None = None
    """Why it was refused, or how an admitted call failed, such as `upstream_error` or `client_disconnected`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One security-relevant event outside `/v1`, such as `dbsc.registered` or `passkey.refused`."""

    at: float
    kind: str
    outcome: str
    """`ok`, or the error code."""
    session_hash: str | None = None
    user_id: str | None = None
    address: str = ""
    user_agent: str = ""
    reason: str | None = None
    count: int = 1
    """How many equal events this row stands for."""
