"""The port through which calls reach a model."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Protocol

from boundgate.errors import UpstreamError

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRequest:
    """One call, complete. Nothing else of the caller goes upstream."""

    path: str
    """Below the base URL, such as `/chat/completions`."""
    body: bytes = field(repr=False)
    stream: bool
    request_id: str
    """Made by this server."""


class UpstreamFailure(Exception):
    """No answer, or no whole answer.

    Args:
        error: what the caller may know.
        sent: whether the request may have reached the upstream, and may therefore be on its bill.
    """

    def __init__(self, error: UpstreamError, *, sent: bool) -> None:
        super().__init__(error.detail)
        self.error = error
        self.sent = sent


class UpstreamAnswer(Protocol):
    """An answer whose body has not been read yet."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Headers:
        """Those that callers may see, under the names under which they may see them."""

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body as it arrives, no faster than it is taken. Called once.

        Raises:
            UpstreamFailure: the answer broke off.
        """

    async def close(self) -> None:
        """Let go of the connection. Never raises; may be called at any time, and more than once."""


class Upstream(Protocol):
    """Something that answers like an OpenAI-compatible API."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that no caller may ever see: the key, the address."""

    async def open(self, request: UpstreamRequest) -> UpstreamAnswer:
        """Send a request and return when the status is known. Redirects are answers like any other.

        Raises:
            UpstreamFailure: no answer.
        """

    async def aclose(self) -> None:
        """Close all connections."""
