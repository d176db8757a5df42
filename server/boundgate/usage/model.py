"""What is recorded. All times Unix seconds; all money integer micro-dollars."""

from __future__ import annotations

from dataclasses import dataclass

from boundgate.terms import Provenance

ALLOW = "allow"
"""The decision of a call that was admitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call to `/v1`, admitted or refused."""

    at: float
    request_id: str
    session_hash: str | None
    """SHA-256 prefix of the session id, hex; ids themselves stay out of records."""
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
    """How many equal refusals this row stands for."""
