"""Turns the upstream's event stream into the caller's. Sans-IO: bytes in, events out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from boundgate import strict_json
from boundgate.errors import UpstreamError
from boundgate.gateway.prices import TokenUsage
from boundgate.gateway.sse import SseOverflowError, SseParser
from boundgate.gateway.usage_record import usage_record
from boundgate.gateway.wire import sse_event

MAX_DEPTH = 64


class ReportedError(Exception):
    """The upstream put an error into its stream; `value` is what it put there."""

    def __init__(self, value: dict[str, Any]) -> None:
        super().__init__("the upstream reported an error in mid-stream")
        self.value = value


class ChatStream:
    """One stream of `chat.completion.chunk` objects.

    Args:
        include_usage: whether the caller gets the usage record, which upstream was asked for in any case.
    """

    def __init__(self, *, include_usage: bool) -> None:
        self._include_usage = include_usage
        self._parser = SseParser()
        self.usage: TokenUsage | None = None
        """The last record seen."""
        self.done = False
        """Whether `[DONE]` has come; nothing after it is read."""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The caller's events for some bytes of the upstream. Must be exhausted before the next call.

        Raises:
            UpstreamError: something that is no event stream of JSON objects.
            ReportedError: the upstream says that it failed.
        """
        try:
            for data in self._parser.feed(chunk):
                if self.done or not data.strip():
                    continue
                if data.strip() == b"[DONE]":
                    self.done = True
                    continue
                yield from self._relayed(strict_json.loads_object(data, max_depth=MAX_DEPTH))
        except (SseOverflowError, strict_json.StrictJSONError):
            raise UpstreamError("The model's answer became unreadable and was ended.") from None

    def finish(self) -> None:
        """Say that the upstream has ended.

        Raises:
            UpstreamError: it ended before the answer did.
        """
        if not self.done and self.usage is None:
            raise UpstreamError("The model's answer broke off.")

    def _relayed(self, value: dict[str, Any]) -> Iterator[bytes]:
        if value.get("error"):
            raise ReportedError(value)
        found = usage_record(value)
        if found is not None:
            self.usage = found
        if not self._include_usage and "usage" in value:
            value = {name: entry for name, entry in value.items() if name != "usage"}
            if found is not None and not value.get("choices"):
                return
        yield sse_event(value)
