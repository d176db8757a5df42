"""A chat completion request, from the caller's bytes to the bytes that go upstream and the most they can cost."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from boundgate import strict_json
from boundgate.errors import BadRequest
from boundgate.gateway.chat_fields import CHAT_COMPLETIONS
from boundgate.gateway.fields import CheckedFields
from boundgate.gateway.prices import ModelPrice, PriceTable, TokenUsage, cost
from boundgate.gateway.shapes import wrong

MAX_DEPTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One call that is well formed and priced. Whether it is allowed is somebody else's decision."""

    model: ModelPrice
    stream: bool
    include_usage_requested: bool
    """Whether the caller wants the usage record of a stream; upstream is asked for it in any case."""
    n: int
    max_output_tokens: int
    """Per choice; upstream is told the same number."""
    body: bytes = field(repr=False)
    """The validated object as UTF-8 JSON. Holds the prompt."""
    input_token_bound: int
    price_bound_micro_usd: int


class ChatParser:
    """Reads requests against one price table.

    Raises:
        ValueError: the table admits a field that is on the list already.
    """

    def __init__(self, prices: PriceTable) -> None:
        self._prices = prices
        self._table = CHAT_COMPLETIONS.extended(prices.extra_fields.get(CHAT_COMPLETIONS.route, ()))

    def parse(self, body: bytes) -> ChatRequest:
        """Check and price a request body.

        Args:
            body: what the caller sent; its size is bounded by whoever read it.

        Raises:
            BadRequest: not strict JSON, or a field with an unacceptable value.
            UnknownParameter: a field, at any depth, that is on no list.
            NotFound: `model_not_found`.
        """
        checked = self._table.check(_read(body))
        model = self._prices.model(checked.sent["model"])
        limit = _output_limit(checked, model)
        stream = checked.sent.get("stream", False)
        sent, include_usage = _with_forced_fields(checked, limit=limit, stream=stream)
        upstream_body = json.dumps(sent, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        input_bound = len(upstream_body) + model.input_overhead_tokens
        bound = TokenUsage(input_bound, limit * checked.output_factor)
        return ChatRequest(
            model=model,
            stream=stream,
            include_usage_requested=include_usage,
            n=checked.output_factor,
            max_output_tokens=limit,
            body=upstream_body,
            input_token_bound=input_bound,
            price_bound_micro_usd=cost(model, bound),
        )


def _read(body: bytes) -> dict[str, Any]:
    try:
        return strict_json.loads_object(body, max_depth=MAX_DEPTH)
    except strict_json.StrictJSONError as error:
        raise BadRequest(f"The request body cannot be read: {error}. Send one JSON object in UTF-8.") from None


def _output_limit(checked: CheckedFields, model: ModelPrice) -> int:
    if checked.output_limit is None:
        return model.max_output_tokens
    if checked.output_limit > model.max_output_tokens:
        name = "max_tokens" if "max_tokens" in checked.sent else "max_completion_tokens"
        raise wrong(name, f"at most {model.max_output_tokens} for this model")
    return checked.output_limit


def _with_forced_fields(checked: CheckedFields, *, limit: int, stream: bool) -> tuple[dict[str, Any], bool]:
    """What goes upstream, and whether the caller asked for the usage record of a stream."""
    sent = dict(checked.sent)
    if checked.output_limit is None:
        # Said, not assumed: the price bound holds whatever limit the upstream has of its own.
        sent["max_completion_tokens"] = limit
    options = sent.get("stream_options")
    if options is not None and not stream:
        raise BadRequest("stream_options goes with stream: true only.", param="stream_options")
    if stream:
        sent["stream_options"] = {**(options or {}), "include_usage": True}
    return sent, bool((options or {}).get("include_usage", False))
