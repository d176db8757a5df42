"""The embedded model behind the port of a real one: same wire, same usage record, no network."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from typing import Any

from boundgate.clock import Clock, system_clock
from boundgate.gateway import embedded_model
from boundgate.gateway.prices import PriceTable, TokenUsage, cost
from boundgate.gateway.upstream import Headers, UpstreamRequest
from boundgate.gateway.wire import DONE, sse_event, to_json

PACE_SECONDS = 0.02
BILLS_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Bill:
    """What this model would charge for one call."""

    request_id: str
    model: str
    usage: TokenUsage
    cost_micro_usd: int


@dataclass(frozen=True, slots=True)
class _Choice:
    pieces: list[str]
    finish_reason: str


class EmbeddedUpstream:
    """Answers every call by itself.

    Args:
        prices: for the bills.
        clock: for `created`.
        pace_seconds: the pause between two pieces of a stream, so that a person sees it stream.
    """

    secrets: tuple[str, ...] = ()

    def __init__(self, prices: PriceTable, *, clock: Clock = system_clock, pace_seconds: float = PACE_SECONDS) -> None:
        self._prices = prices
        self._clock = clock
        self._pace_seconds = pace_seconds
        self.bills: deque[Bill] = deque(maxlen=BILLS_MOST)
        """Newest last. A call is billed in full when it begins, whether or not anybody listens to its end."""

    async def open(self, request: UpstreamRequest) -> _EmbeddedAnswer:
        """See the port."""
        asked = json.loads(request.body)
        limit = asked.get("max_completion_tokens", asked.get("max_tokens"))
        prompt = embedded_model.last_prompt(asked["messages"])
        choices = [_choice(embedded_model.reply(prompt, index), limit) for index in range(asked.get("n", 1))]
        usage = TokenUsage(embedded_model.count_input(asked), sum(len(choice.pieces) for choice in choices))
        self._bill(request.request_id, asked["model"], usage)
        shell = {
            "id": "chatcmpl-" + hashlib.sha256(request.body).hexdigest()[:24],
            "created": int(self._clock()),
            "model": asked["model"],
        }
        if not request.stream:
            return _EmbeddedAnswer([to_json(_completion(shell, choices, usage))], 0)
        include_usage = bool((asked.get("stream_options") or {}).get("include_usage"))
        events = _events(shell, choices, usage if include_usage else None)
        return _EmbeddedAnswer(events, self._pace_seconds)

    async def aclose(self) -> None:
        """See the port."""

    def _bill(self, request_id: str, model: str, usage: TokenUsage) -> None:
        self.bills.append(Bill(request_id, model, usage, cost(self._prices.model(model), usage)))


class _EmbeddedAnswer:
    status = 200
    headers: Headers = ()

    def __init__(self, pieces: list[bytes] | Iterator[bytes], pace_seconds: float) -> None:
        self._pieces = pieces
        self._pace_seconds = pace_seconds

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        for piece in self._pieces:
            await asyncio.sleep(self._pace_seconds)
            yield piece

    async def close(self) -> None:
        """Nothing is held."""


def _choice(pieces: list[str], limit: int | None) -> _Choice:
    if limit is not None and len(pieces) > limit:
        return _Choice(pieces[:limit], "length")
    return _Choice(pieces, "stop")


def _usage(usage: TokenUsage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _completion(shell: dict[str, Any], choices: list[_Choice], usage: TokenUsage) -> dict[str, Any]:
    return {
        **shell,
        "object": "chat.completion",
        "choices": [
            {
                "index": index,
                "message": {"role": "assistant", "content": "".join(choice.pieces), "refusal": None},
                "logprobs": None,
                "finish_reason": choice.finish_reason,
            }
            for index, choice in enumerate(choices)
        ],
        "usage": _usage(usage),
    }


def _events(shell: dict[str, Any], choices: list[_Choice], usage: TokenUsage | None) -> Iterator[bytes]:
    """One event per token, choice after choice; then the usage record, which has no choices; then the end."""
    chunk = {**shell, "object": "chat.completion.chunk"}
    for index, choice in enumerate(choices):
        yield sse_event({**chunk, "choices": [_delta(index, {"role": "assistant", "content": ""})]})
        for piece in choice.pieces:
            yield sse_event({**chunk, "choices": [_delta(index, {"content": piece})]})
        yield sse_event({**chunk, "choices": [_delta(index, {}, choice.finish_reason)]})
    if usage is not None:
        yield sse_event({**chunk, "choices": [], "usage": _usage(usage)})
    yield DONE


def _delta(index: int, delta: dict[str, str], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
