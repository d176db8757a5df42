"""The upstream's own record of what a call used, wherever it stands."""

from __future__ import annotations

from typing import Any

from boundgate.gateway.prices import TokenUsage

TOKENS_MOST = 1_000_000_000


def usage_record(value: Any) -> TokenUsage | None:
    """The `usage` member of an answer or a chunk; None if it is absent or cannot be meant."""
    record = value.get("usage") if isinstance(value, dict) else None
    if not isinstance(record, dict):
        return None
    given, made = _count(record.get("prompt_tokens")), _count(record.get("completion_tokens"))
    return None if given is None or made is None else TokenUsage(given, made)


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= TOKENS_MOST else None
