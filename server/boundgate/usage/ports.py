"""What this domain needs from storage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from boundgate.usage.model import AuditEvent, CallRecord


@dataclass(frozen=True, slots=True)
class Spend:
    """Admitted calls and what they cost, in micro-dollars."""

    calls: int
    cost_micro_usd: int


class UsageStore(Protocol):
    """Durable records, written in batches."""

    async def write(self, calls: Sequence[CallRecord], events: Sequence[AuditEvent]) -> None:
        """Store a batch in one transaction. Refused events (`outcome` other than `ok`) that agree in kind, outcome,
        address and session within the same minute are folded into one row and counted, so that junk from one place
        cannot fill the disk."""

    async def prune(self, *, before: float, keep_rows: int) -> int:
        """Drop records older than `before`, and refusals beyond the newest `keep_rows` of calls and of events.

        Returns how many.
        """

    async def spend(self, session_hash: str) -> Spend:
        """What a session's admitted calls to models have cost so far."""

    async def events(self, *, kind_prefix: str = "", limit: int = 100) -> list[AuditEvent]:
        """Newest first."""

    async def calls(self, *, limit: int = 100) -> list[CallRecord]:
        """Newest first."""
