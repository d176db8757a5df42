"""Reads answers that come in one piece."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from boundgate import strict_json
from boundgate.errors import UpstreamError
from boundgate.gateway.prices import TokenUsage
from boundgate.gateway.refusals import Refusal, refusal
from boundgate.gateway.upstream import UpstreamAnswer, UpstreamFailure
from boundgate.gateway.usage_record import usage_record

MAX_ANSWER_BYTES = 64 * 1_048_576
MAX_REFUSAL_BYTES = 65_536
MAX_DEPTH = 64


async def read_answer(answer: UpstreamAnswer) -> tuple[dict[str, Any], TokenUsage | None]:
    """A whole successful answer and its usage record.

    Raises:
        UpstreamError: too large, not a JSON object, or an error in the clothes of a success.
        UpstreamFailure: the answer broke off.
    """
    body = await _read(answer, MAX_ANSWER_BYTES)
    if body is None:
        raise UpstreamError("The model's answer was too large to relay.")
    try:
        value = strict_json.loads_object(body, max_depth=MAX_DEPTH)
    except strict_json.StrictJSONError:
        raise UpstreamError("The model's provider sent an answer that cannot be read.") from None
    if value.get("error"):
        raise UpstreamError("The model's provider failed on this call. Try again later.")
    return value, usage_record(value)


async def read_refusal(answer: UpstreamAnswer, secrets: tuple[str, ...]) -> Refusal:
    """What a caller learns of an answer that is no success; a body that cannot be read is taken to be empty."""
    try:
        body = await _read(answer, MAX_REFUSAL_BYTES)
    except UpstreamFailure:
        body = None
    return refusal(answer.status, answer.headers, body or b"", secrets)


async def _read(answer: UpstreamAnswer, limit: int) -> bytes | None:
    """The whole body, or None if it is longer than `limit` bytes."""
    pieces = bytearray()
    async with aclosing(answer.chunks()) as chunks:
        async for chunk in chunks:
            pieces += chunk
            if len(pieces) > limit:
                return None
    return bytes(pieces)
