"""The gateway as routes see it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from boundgate.clock import RandomBytes, new_token, system_random
from boundgate.errors import UpstreamOverloaded
from boundgate.gateway.answers import RelayHandle
from boundgate.gateway.call import Answer, Call
from boundgate.gateway.chat import ChatParser, ChatRequest
from boundgate.gateway.models import describe_model, list_models
from boundgate.gateway.outlet import STALL_SECONDS, Outlet
from boundgate.gateway.prices import PriceTable
from boundgate.gateway.settlement import OnSettled
from boundgate.gateway.upstream import Upstream

SETTLE_GRACE_SECONDS = 5.0
_log = logging.getLogger(__name__)


class GatewayService:
    """Checks, prices, relays and settles calls. One per server; needs a running loop for `start` and `aclose`.

    Args:
        prices: the models on offer.
        upstream: where calls go; closed by `aclose`.
        drain_seconds: how long a usage record is awaited after a hang-up.
        stall_seconds: how long a client may read nothing before it counts as gone.
        random: for the request ids that upstream sees.

    Raises:
        ValueError: the price table admits a field that is on the list already.
    """

    def __init__(
        self,
        prices: PriceTable,
        upstream: Upstream,
        *,
        drain_seconds: float,
        stall_seconds: float = STALL_SECONDS,
        random: RandomBytes = system_random,
    ) -> None:
        self.prices = prices
        self._upstream = upstream
        self._parser = ChatParser(prices)
        self._drain_seconds = drain_seconds
        self._stall_seconds = stall_seconds
        self._random = random
        self._running: dict[asyncio.Task[None], Call] = {}
        self._stopping = False

    @property
    def calls_in_flight(self) -> int:
        """Calls that are not settled yet, those whose client is gone included."""
        return len(self._running)

    def parse_chat(self, body: bytes) -> ChatRequest:
        """Check and price the body of a chat completion. Errors: see `ChatParser.parse`."""
        return self._parser.parse(body)

    def models(self) -> dict[str, Any]:
        """The answer to `GET /v1/models`."""
        return list_models(self.prices)

    def model(self, name: str) -> dict[str, Any]:
        """The answer to `GET /v1/models/{id}`.

        Raises:
            NotFound: `model_not_found`.
        """
        return describe_model(self.prices.model(name))

    async def start(
        self,
        request: ChatRequest,
        *,
        on_settled: OnSettled,
        handle: RelayHandle | None = None,
        request_id: str | None = None,
    ) -> Answer:
        """Make a call whose price is reserved.

        Args:
            on_settled: awaited exactly once, also when this is cancelled or the answer is an error. It must not
                raise; what it raises is logged, and the client is answered all the same.
            handle: through which the call can be cut, before and while it runs.
            request_id: made by this server; upstream sees it as `x-request-id`. Default: a fresh one.

        Returns:
            A plain answer once it is complete, or a stream once the upstream has begun it. Failures of the upstream
            are plain answers with their status, `code` and envelope. Cancelling this is a hang-up of the client.

        Raises:
            UpstreamOverloaded: the server is stopping; `on_settled` is not called, nothing was begun.
        """
        if self._stopping:
            raise UpstreamOverloaded("This server is stopping. Try again in a moment.")
        call = Call(
            request,
            upstream=self._upstream,
            drain_seconds=self._drain_seconds,
            on_settled=on_settled,
            outlet=Outlet(stall_seconds=self._stall_seconds),
        )
        task = asyncio.create_task(call.run(request_id or new_token(self._random, size_bytes=16)))
        self._running[task] = call
        task.add_done_callback(self._forget)
        if handle is not None:
            handle.attach(call.cut)
        return await call.answer()

    async def aclose(self) -> None:
        """Take no more calls, let those in flight end within `drain_seconds`, settle all, close the upstream."""
        self._stopping = True
        for call in self._running.values():
            call.hurry()
        if self._running:
            await asyncio.wait(set(self._running), timeout=self._drain_seconds + SETTLE_GRACE_SECONDS)
        late = list(self._running)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await self._upstream.aclose()

    def _forget(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a call ended with an error that it should have handled", exc_info=error)
