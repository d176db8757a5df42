"""What a call came to, once nothing more can change it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from boundgate.gateway.chat import ChatRequest
from boundgate.gateway.prices import TokenUsage, cost

CLIENT_GONE_STATUS = 499
CLIENT_GONE_CODE = "client_disconnected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The end of one call."""

    input_tokens: int | None
    output_tokens: int | None
    """None where the upstream gave no usage record."""
    cost_micro_usd: int
    complete: bool
    """Whether the cost is known. If not, it is the price bound of the request."""
    status: int
    """What the client was answered; 499 if it hung up before the end."""
    code: str | None
    """The error code, `client_disconnected`, or None."""


OnSettled = Callable[[Settlement], Awaitable[None]]
"""Called exactly once for every call that was started, before the client sees the end of the answer."""


def settlement(
    request: ChatRequest, usage: TokenUsage | None, *, charged: bool, status: int, code: str | None
) -> Settlement:
    """What a call comes to.

    Args:
        usage: the upstream's record; where there is one it decides.
        charged: whether a call without a record may be on the upstream's bill, and is booked at its bound.
    """
    unrecorded = request.price_bound_micro_usd if charged else 0
    return Settlement(
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cost_micro_usd=cost(request.model, usage) if usage else unrecorded,
        complete=usage is not None or not charged,
        status=status,
        code=code,
    )
