"""Streamed calls: what the client sees, what is settled, and who waits for whom."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from boundgate.errors import UpstreamError
from boundgate.gateway.answers import RelayHandle, StreamAnswer
from boundgate.gateway.embedded import EmbeddedUpstream
from boundgate.gateway.outlet import QUEUE_EVENTS
from boundgate.gateway.service import GatewayService
from boundgate.gateway.upstream import UpstreamFailure
from tests.gateway.fakes import DONE, PRICES, USAGE_CHUNK, ScriptedUpstream, Settlements, chat, chunk, events, read

BOUND = chat(stream=True).price_bound_micro_usd


class Streamed:
    """One streamed call against a script."""

    def __init__(self, *script: Any, drain_seconds: float = 5.0, stall_seconds: float = 5.0, **fields: Any) -> None:
        self.upstream = ScriptedUpstream(*script, secrets=("sesame",))
        self.settled = Settlements()
        self.handle = RelayHandle()
        self.gateway = GatewayService(PRICES, self.upstream, drain_seconds=drain_seconds, stall_seconds=stall_seconds)
        self.request = chat(stream=True, **fields)

    async def start(self) -> StreamAnswer:
        answer = await self.gateway.start(self.request, on_settled=self.settled, handle=self.handle)
        assert isinstance(answer, StreamAnswer)
        return answer

    async def outcome(self) -> tuple[int, bool, int, str | None]:
        await self.settled.arrived.wait()
        await self.gateway.aclose()
        assert len(self.settled) == 1
        entry = self.settled[0]
        assert self.upstream.answer.closed
        return entry.cost_micro_usd, entry.complete, entry.status, entry.code


async def test_a_stream_is_relayed_and_settled_before_its_end_is_seen():
    streamed = Streamed(chunk("a") + chunk("b")[:9], chunk("b")[9:], USAGE_CHUNK, DONE)
    answer = await streamed.start()
    assert answer.status == 200
    assert dict(answer.headers) == {
        "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no",
    }  # fmt: skip
    seen = b""
    async for piece in answer.body:
        assert DONE not in piece or streamed.settled
        seen += piece
    assert [event if event == "[DONE]" else event["choices"][0]["delta"]["content"] for event in events(seen)] == [
        "a", "b", "[DONE]",
    ]  # fmt: skip
    assert await streamed.outcome() == (43, True, 200, None)


async def test_the_record_is_shown_to_those_who_asked():
    streamed = Streamed(chunk(), USAGE_CHUNK, DONE, stream_options={"include_usage": True})
    assert events(await read(await streamed.start()))[1]["usage"]["total_tokens"] == 30


async def test_a_stream_without_a_record_is_charged_at_the_bound():
    streamed = Streamed(chunk(), DONE)
    assert events(await read(await streamed.start()))[-1] == "[DONE]"
    assert await streamed.outcome() == (BOUND, False, 200, None)


@pytest.mark.parametrize(
    "end",
    [
        [],
        [b"data: nonsense\n\n"],
        [b"data: " + b"x" * 2_000_000],
        [UpstreamFailure(UpstreamError("It broke off."), sent=True)],
        [b'data: {"error": {"message": "wrong sesame", "code": "server_error"}}\n\n'],
        [RuntimeError("sesame")],
    ],
)
async def test_a_failure_in_mid_stream_is_one_last_event_in_the_envelope(end):
    streamed = Streamed(chunk("a"), *end)
    seen = await read(await streamed.start())
    first, last = events(seen)
    assert first["choices"][0]["delta"]["content"] == "a"
    assert last.keys() == {"error"}
    assert last["error"]["type"] == "server_error"
    assert b"sesame" not in seen
    cost, complete, status, code = await streamed.outcome()
    assert (cost, complete, status, code) == (BOUND, False, 502, "upstream_error")


async def test_a_failure_after_the_record_is_charged_by_the_record():
    streamed = Streamed(USAGE_CHUNK + b"data: nonsense\n\n")
    await read(await streamed.start())
    assert (await streamed.outcome())[:2] == (43, True)


async def test_a_hang_up_ends_the_relay_at_once_while_the_record_is_awaited():
    gate = asyncio.Event()
    streamed = Streamed(chunk("a"), gate, *[chunk("b")] * 200, USAGE_CHUNK, DONE)
    answer = await streamed.start()
    await anext(answer.body)
    await answer.body.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(answer.body)
    assert not streamed.settled
    gate.set()
    assert await streamed.outcome() == (43, True, 499, "client_disconnected")


async def test_a_cancelled_read_is_a_hang_up():
    gate = asyncio.Event()
    streamed = Streamed(gate, USAGE_CHUNK, DONE)
    answer = await streamed.start()
    reading = asyncio.create_task(anext(answer.body))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    gate.set()
    assert await streamed.outcome() == (43, True, 499, "client_disconnected")


async def test_a_record_that_does_not_come_in_time_leaves_the_bound():
    streamed = Streamed(chunk("a"), asyncio.Event(), drain_seconds=0.01)
    answer = await streamed.start()
    await anext(answer.body)
    await answer.body.aclose()
    assert await streamed.outcome() == (BOUND, False, 499, "client_disconnected")


async def test_nothing_is_read_ahead_of_a_slow_client_but_a_few_events():
    streamed = Streamed(*[chunk(str(number)) for number in range(1000)], USAGE_CHUNK, DONE)
    answer = await streamed.start()
    for _ in range(2000):
        await asyncio.sleep(0)
    assert streamed.upstream.answer.taken < 50
    assert len(events(await read(answer))) == 1001
    assert await streamed.outcome() == (43, True, 200, None)


async def test_a_stream_that_nobody_reads_is_settled_all_the_same():
    streamed = Streamed(*[chunk()] * 1000, USAGE_CHUNK, DONE, stall_seconds=0.01)
    answer = await streamed.start()
    assert await streamed.outcome() == (43, True, 499, "client_disconnected")
    assert await read(answer) == b""


async def test_a_hang_up_after_the_end_changes_nothing():
    streamed = Streamed(chunk(), USAGE_CHUNK, DONE)
    answer = await streamed.start()
    await read(answer)
    await answer.body.aclose()
    assert await streamed.outcome() == (43, True, 200, None)


async def test_a_cut_ends_the_stream_with_an_error_event_though_the_upstream_goes_on():
    gate = asyncio.Event()
    streamed = Streamed(chunk("a"), gate, *[chunk("b")] * 200, USAGE_CHUNK, DONE)
    answer = await streamed.start()
    await anext(answer.body)
    started = time.perf_counter()
    streamed.handle.cut("Signed out elsewhere.")
    (last,) = events(await read(answer))
    assert time.perf_counter() - started < 0.05
    assert last["error"] == {
        "message": "Signed out elsewhere.", "type": "authentication_error", "param": None, "code": "session_revoked",
    }  # fmt: skip
    gate.set()
    assert await streamed.outcome() == (43, True, 401, "session_revoked")


async def test_a_cut_overtakes_what_a_slow_client_has_not_read():
    streamed = Streamed(*[chunk("secret")] * 1000, USAGE_CHUNK, DONE)
    answer = await streamed.start()
    for _ in range(200):
        await asyncio.sleep(0)
    streamed.handle.cut()
    seen = await read(answer)
    assert b"secret" not in seen
    assert events(seen)[0]["error"]["code"] == "session_revoked"
    assert await streamed.outcome() == (43, True, 401, "session_revoked")


async def test_a_stopping_server_ends_its_streams_with_an_error_event():
    streamed = Streamed(chunk("a"), asyncio.Event(), drain_seconds=0.01)
    answer = await streamed.start()
    reading = asyncio.create_task(read(answer))
    await streamed.gateway.aclose()
    assert events(await reading)[-1]["error"]["type"] == "server_error"
    assert streamed.settled[0].cost_micro_usd == BOUND


async def test_a_stream_whose_last_event_is_never_taken_is_settled_once(monkeypatch):
    monkeypatch.setattr("boundgate.gateway.service.SETTLE_GRACE_SECONDS", 0.0)
    streamed = Streamed(*[chunk()] * QUEUE_EVENTS, USAGE_CHUNK, DONE, drain_seconds=0.0)
    await streamed.start()
    assert await streamed.outcome() == (43, True, 200, None)


@pytest.mark.parametrize("leave_after", [0, 1, 5, 1000])
async def test_the_embedded_models_bill_is_what_is_settled_whenever_the_client_leaves(leave_after):
    upstream, settled = EmbeddedUpstream(PRICES, pace_seconds=0), Settlements()
    gateway = GatewayService(PRICES, upstream, drain_seconds=5)
    request = chat(model="gpt-5.2", stream=True, messages=[{"role": "user", "content": "stream 300 chunks"}])
    answer = await gateway.start(request, on_settled=settled)
    assert isinstance(answer, StreamAnswer)
    pieces = 0
    async for _ in answer.body:
        pieces += 1
        if pieces > leave_after:
            break
    await answer.body.aclose()
    await gateway.aclose()
    assert [entry.cost_micro_usd for entry in settled] == [bill.cost_micro_usd for bill in upstream.bills]
    assert settled[0].cost_micro_usd <= request.price_bound_micro_usd


async def test_many_streams_at_once_are_each_settled_once():
    upstream = EmbeddedUpstream(PRICES, pace_seconds=0)
    gateway = GatewayService(PRICES, upstream, drain_seconds=5)

    async def one(number: int) -> Settlements:
        settled = Settlements()
        prompt = [{"role": "user", "content": f"count to {number}"}]
        answer = await gateway.start(chat(stream=True, messages=prompt), on_settled=settled)
        assert isinstance(answer, StreamAnswer)
        if number % 3 == 0:
            await answer.body.aclose()
        await read(answer)
        return settled

    recorded = await asyncio.gather(*(one(number) for number in range(1, 61)))
    await gateway.aclose()
    assert all(len(settled) == 1 for settled in recorded)
    assert sum(settled[0].cost_micro_usd for settled in recorded) == sum(bill.cost_micro_usd for bill in upstream.bills)
