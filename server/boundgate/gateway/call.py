"""One call, from the request to its settlement. It runs in a task of its own, so that it outlives its client."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing

from boundgate.errors import BoundgateError, UpstreamError, UpstreamOverloaded, UpstreamTimeout
from boundgate.gateway.answers import STREAM_HEADERS, ClientStream, StreamAnswer
from boundgate.gateway.chat import ChatRequest
from boundgate.gateway.chat_stream import ChatStream, ReportedError
from boundgate.gateway.outlet import Outlet
from boundgate.gateway.plain import read_answer, read_refusal
from boundgate.gateway.prices import TokenUsage
from boundgate.gateway.refusals import NO_RETRY, rebuilt_error
from boundgate.gateway.settlement import CLIENT_GONE_CODE, CLIENT_GONE_STATUS, OnSettled, settlement
from boundgate.gateway.upstream import Upstream, UpstreamAnswer, UpstreamFailure, UpstreamRequest
from boundgate.gateway.wire import DONE, JSON_TYPE, PlainAnswer, envelope, error_answer, sse_event, to_json

Answer = PlainAnswer | StreamAnswer
_log = logging.getLogger(__name__)


class Call:
    """One exchange with the upstream, its client, and its price.

    Args:
        drain_seconds: how long the upstream's usage record is awaited once the client is gone.
    """

    def __init__(
        self, request: ChatRequest, *, upstream: Upstream, drain_seconds: float, on_settled: OnSettled, outlet: Outlet
    ) -> None:
        self._request = request
        self._upstream = upstream
        self._drain_seconds = drain_seconds
        self._on_settled = on_settled
        self._outlet = outlet
        self._answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._usage: TokenUsage | None = None
        self._stream = ChatStream(include_usage=request.include_usage_requested)
        self._limit = asyncio.timeout(None)
        self._limit_active = False
        self._departed: tuple[int, str] | None = None
        self._deadline: float | None = None
        self._settled = False

    async def answer(self) -> Answer:
        """What the client gets. Cancelling this is a hang-up."""
        try:
            return await asyncio.shield(self._answer)
        except asyncio.CancelledError:
            self.leave()
            raise

    def leave(self) -> None:
        """The client is gone: relay nothing more, read on for the usage record only."""
        self._depart(CLIENT_GONE_STATUS, CLIENT_GONE_CODE)
        self._outlet.close()

    def cut(self, error: BoundgateError) -> None:
        """End the client's side with an error, now."""
        self._depart(error.status, error.public_code)
        self._outlet.close(sse_event(envelope(error)))
        self._give(error_answer(error))

    def hurry(self) -> None:
        """The server is stopping: end within `drain_seconds`."""
        if self._deadline is None and not self._settled:
            self._deadline = asyncio.get_running_loop().time() + self._drain_seconds
            if self._limit_active:
                self._limit.reschedule(self._deadline)

    async def run(self, request_id: str) -> None:
        """Make the call and settle it. Raises nothing but the cancellation of its task."""
        try:
            try:
                async with self._limit:
                    self._limit_active = True
                    self._limit.reschedule(self._deadline)
                    await self._exchange(request_id)
            finally:
                self._limit_active = False
        except ReportedError as reported:
            await self._fail_reported(reported)
        except (UpstreamFailure, UpstreamError) as failure:
            error, sent = (failure.error, failure.sent) if isinstance(failure, UpstreamFailure) else (failure, True)
            await self._fail(error, charged=sent)
        except TimeoutError:
            await self._fail(UpstreamTimeout("The model's answer did not end in time."), charged=True, at_once=True)
        except asyncio.CancelledError:
            await self._fail(UpstreamOverloaded("This server is stopping."), charged=True, at_once=True)
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the call is settled and its client answered
            _log.exception("a call failed in a way that nobody foresaw")
            await self._fail(UpstreamError("This call failed. Tell the operator."), charged=True)

    async def _exchange(self, request_id: str) -> None:
        request = self._request
        if self._departed is not None:
            await self._settle(charged=False, status=CLIENT_GONE_STATUS, code=CLIENT_GONE_CODE)
            return
        answer = await self._upstream.open(
            UpstreamRequest(path="/chat/completions", body=request.body, stream=request.stream, request_id=request_id)
        )
        try:
            if answer.status != 200:
                await self._relay_refusal(answer)
            elif request.stream:
                await self._relay_stream(answer)
            else:
                await self._relay_plain(answer)
        finally:
            await answer.close()

    async def _relay_refusal(self, answer: UpstreamAnswer) -> None:
        refused = await read_refusal(answer, self._upstream.secrets)
        if refused.answer.status >= 500:
            _log.warning("the upstream answered with status %d", answer.status)
        await self._settle(charged=refused.charged, status=refused.answer.status, code=refused.answer.code)
        self._give(refused.answer)

    async def _relay_plain(self, answer: UpstreamAnswer) -> None:
        value, self._usage = await read_answer(answer)
        await self._settle(charged=True, status=200, code=None)
        self._give(PlainAnswer(status=200, headers=(JSON_TYPE, *answer.headers), body=to_json(value)))

    async def _relay_stream(self, answer: UpstreamAnswer) -> None:
        body = ClientStream(self._outlet, on_leave=self.leave)
        self._give(StreamAnswer(status=200, headers=(*STREAM_HEADERS, *answer.headers), body=body))
        async with aclosing(answer.chunks()) as chunks:
            async for chunk in chunks:
                for event in self._stream.feed(chunk):
                    if not await self._outlet.put(event):
                        self.leave()
                if self._stream.done:
                    break
        self._stream.finish()
        await self._settle(charged=True, status=200, code=None)
        await self._outlet.put(DONE)
        await self._outlet.put(None)

    async def _fail_reported(self, reported: ReportedError) -> None:
        await self._settle(charged=True, status=UpstreamError.status, code=UpstreamError.code)
        await self._outlet.put(sse_event(rebuilt_error(reported.value, UpstreamError.status, self._upstream.secrets)))
        await self._outlet.put(None)

    async def _fail(self, error: BoundgateError, *, charged: bool, at_once: bool = False) -> None:
        await self._settle(charged=charged, status=error.status, code=error.public_code)
        event = sse_event(envelope(error))
        if at_once:
            self._outlet.close(event)
        elif self._answer.done():
            await self._outlet.put(event)
            await self._outlet.put(None)
        self._give(error_answer(error, (NO_RETRY,) if charged else ()))

    async def _settle(self, *, charged: bool, status: int, code: str | None) -> None:
        if self._settled:
            return
        self._settled = True
        if self._limit_active:
            self._limit.reschedule(None)
        status, code = self._departed or (status, code)
        result = settlement(self._request, self._usage or self._stream.usage, charged=charged, status=status, code=code)
        if result.cost_micro_usd > self._request.price_bound_micro_usd:
            _log.warning("a call of %s cost more than its bound; check its price entry", self._request.model.name)
        try:
            await self._on_settled(result)
        except Exception:  # noqa: BLE001 - the recorder's failure must not take the answer from the client
            _log.exception("a settlement was not recorded")

    def _depart(self, status: int, code: str) -> None:
        if self._departed is None:
            self._departed = (status, code)
            self.hurry()

    def _give(self, answer: Answer) -> None:
        if not self._answer.done():
            self._answer.set_result(answer)
