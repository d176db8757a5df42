"""Calls answered in one piece, failures of the upstream, shutdown. Streams: see test_streams.py."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from boundgate.errors import NotFound, UpstreamError, UpstreamOverloaded, UpstreamTimeout
from boundgate.gateway.answers import RelayHandle
from boundgate.gateway.embedded import EmbeddedUpstream
from boundgate.gateway.service import GatewayService
from boundgate.gateway.settlement import Settlement
from boundgate.gateway.upstream import UpstreamFailure
from boundgate.gateway.wire import PlainAnswer
from tests.gateway.fakes import PRICES, ScriptedUpstream, Settlements, body, chat, usage

ANSWER = {"id": "c", "choices": [], "usage": usage(), "extra": "é"}


def service(upstream: ScriptedUpstream, drain_seconds: float = 5.0) -> GatewayService:
    return GatewayService(PRICES, upstream, drain_seconds=drain_seconds)


async def call(upstream: ScriptedUpstream, request=None) -> tuple[PlainAnswer, Settlement]:
    settled, gateway = Settlements(), service(upstream)
    answer = await gateway.start(request or chat(), on_settled=settled)
    assert isinstance(answer, PlainAnswer)
    await gateway.aclose()
    assert len(settled) == 1
    assert upstream.closed
    return answer, settled[0]


def code_of(answer: PlainAnswer) -> str:
    return json.loads(answer.body)["error"]["code"]


async def test_an_answer_is_written_anew_and_settled_by_the_upstreams_record():
    raw = json.dumps(ANSWER, indent=3).encode()
    upstream = ScriptedUpstream(raw[:9], raw[9:], headers=(("x-upstream-request-id", "u"),))
    request = chat()
    answer, settlement = await call(upstream, request)
    assert (answer.status, answer.code, json.loads(answer.body)) == (200, None, ANSWER)
    assert answer.body != raw
    assert answer.headers == (("content-type", "application/json"), ("x-upstream-request-id", "u"))
    assert settlement == Settlement(
        input_tokens=10, output_tokens=20, cost_micro_usd=43, complete=True, status=200, code=None
    )
    assert upstream.requests[0].body == request.body
    assert not upstream.requests[0].stream
    assert upstream.answer.closed


async def test_each_call_has_a_request_id_of_its_own_or_the_one_that_this_server_gave():
    upstream = ScriptedUpstream(json.dumps(ANSWER).encode())
    gateway = service(upstream)
    for request_id in (None, None, "ours"):
        await gateway.start(chat(), on_settled=Settlements(), request_id=request_id)
    first, second, third = (request.request_id for request in upstream.requests)
    assert len({first, second, "ours"}) == 3
    assert third == "ours"


async def test_without_a_usage_record_the_price_bound_is_charged():
    answer, settlement = await call(ScriptedUpstream(b'{"choices": []}'))
    assert answer.status == 200
    assert settlement.cost_micro_usd == chat().price_bound_micro_usd
    assert (settlement.complete, settlement.input_tokens, settlement.output_tokens) == (False, None, None)


async def test_more_than_the_bound_is_charged_as_it_is_and_told_to_the_operator(caplog):
    raw = json.dumps({"usage": usage(10**6, 10**6)}).encode()
    _, settlement = await call(ScriptedUpstream(raw))
    assert settlement.cost_micro_usd == 2_250_000
    assert "check its price entry" in caplog.text


@pytest.mark.parametrize("raw", [b"", b"[]", b"<html>", b'{"a":1,"a":2}', b'{"error": {"message": "m"}}', b"\xff"])
async def test_an_answer_that_cannot_be_read_is_an_upstream_error_at_the_price_bound(raw):
    answer, settlement = await call(ScriptedUpstream(raw))
    assert (answer.status, answer.code, code_of(answer)) == (502, "upstream_error", "upstream_error")
    assert ("x-should-retry", "false") in answer.headers
    assert settlement.cost_micro_usd == chat().price_bound_micro_usd
    assert (settlement.status, settlement.code) == (502, "upstream_error")


async def test_an_answer_without_end_is_cut(monkeypatch):
    monkeypatch.setattr("boundgate.gateway.plain.MAX_ANSWER_BYTES", 100)
    upstream = ScriptedUpstream(*[b"x" * 50] * 10)
    answer, _ = await call(upstream)
    assert answer.status == 502
    assert upstream.answer.taken == 3


async def test_a_refusal_of_the_request_is_passed_on_and_costs_nothing():
    raw = b'{"error": {"message": "Too long, sesame.", "code": "context_length_exceeded"}}'
    answer, settlement = await call(ScriptedUpstream(raw, status=400, secrets=("sesame",)))
    assert (answer.status, code_of(answer)) == (400, "context_length_exceeded")
    assert b"sesame" not in answer.body
    assert (settlement.cost_micro_usd, settlement.complete, settlement.status) == (0, True, 400)


async def test_a_refusal_whose_text_breaks_off_is_still_that_refusal():
    broken = UpstreamFailure(UpstreamError("broke"), sent=True)
    answer, settlement = await call(ScriptedUpstream(b'{"er', broken, status=429))
    assert (answer.status, code_of(answer), settlement.cost_micro_usd) == (503, "overloaded", 0)


@pytest.mark.parametrize(("sent", "charged"), [(True, chat().price_bound_micro_usd), (False, 0)])
@pytest.mark.parametrize("error", [UpstreamError("e"), UpstreamOverloaded("o"), UpstreamTimeout("t")])
async def test_a_failure_is_charged_if_anything_was_sent(error, sent, charged):
    answer, settlement = await call(ScriptedUpstream(opening=UpstreamFailure(error, sent=sent)))
    assert (answer.status, code_of(answer)) == (error.status, error.public_code)
    assert (settlement.cost_micro_usd, settlement.status, settlement.code) == (charged, error.status, error.public_code)
    assert (("x-should-retry", "false") in answer.headers) == sent


async def test_what_nobody_foresaw_is_answered_charged_and_logged_without_its_words_reaching_the_caller(caplog):
    answer, settlement = await call(ScriptedUpstream(opening=RuntimeError("sesame")))
    assert (answer.status, code_of(answer)) == (502, "upstream_error")
    assert b"sesame" not in answer.body
    assert settlement.cost_micro_usd == chat().price_bound_micro_usd
    assert "nobody foresaw" in caplog.text


async def test_a_recorder_that_fails_takes_the_answer_from_nobody(caplog):
    async def broken(_: Settlement) -> None:
        raise RuntimeError

    answer = await service(ScriptedUpstream(json.dumps(ANSWER).encode())).start(chat(), on_settled=broken)
    assert answer.status == 200
    assert caplog.records[0].levelno == logging.ERROR


async def test_a_client_that_hangs_up_before_the_answer_pays_what_the_upstream_says():
    gate, settled = asyncio.Event(), Settlements()
    upstream = ScriptedUpstream(gate, json.dumps(ANSWER).encode())
    gateway = service(upstream)
    task = asyncio.create_task(gateway.start(chat(), on_settled=settled))
    await upstream.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not settled
    assert gateway.calls_in_flight == 1
    gate.set()
    await gateway.aclose()
    assert [(entry.cost_micro_usd, entry.status, entry.code) for entry in settled] == [(43, 499, "client_disconnected")]
    assert gateway.calls_in_flight == 0


@pytest.mark.parametrize("opened", [True, False])
async def test_when_the_record_does_not_come_in_time_the_price_bound_is_charged(opened):
    never, settled = asyncio.Event(), Settlements()
    upstream = ScriptedUpstream(never) if opened else ScriptedUpstream(opening=never)
    gateway = service(upstream, drain_seconds=0.01)
    task = asyncio.create_task(gateway.start(chat(), on_settled=settled))
    await upstream.asked.wait()
    task.cancel()
    await settled.arrived.wait()
    await gateway.aclose()
    assert [(entry.cost_micro_usd, entry.complete, entry.status) for entry in settled] == [
        (chat().price_bound_micro_usd, False, 499)
    ]
    assert upstream.answer.closed is opened


async def test_a_recorder_that_takes_its_time_is_not_cut_short_by_the_limit_of_the_wait():
    gate, written, recorded = asyncio.Event(), asyncio.Event(), Settlements()

    async def slow(settlement: Settlement) -> None:
        asyncio.get_running_loop().call_later(0.1, written.set)
        await written.wait()
        await recorded(settlement)

    upstream = ScriptedUpstream(gate, json.dumps(ANSWER).encode())
    gateway = service(upstream, drain_seconds=0.02)
    task = asyncio.create_task(gateway.start(chat(), on_settled=slow))
    await upstream.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()
    await recorded.arrived.wait()
    assert [entry.cost_micro_usd for entry in recorded] == [43]
    await gateway.aclose()


async def test_a_cut_answers_a_plain_call_at_once_and_the_bill_follows():
    gate, settled, handle = asyncio.Event(), Settlements(), RelayHandle()
    upstream = ScriptedUpstream(gate, json.dumps(ANSWER).encode())
    gateway = service(upstream)
    task = asyncio.create_task(gateway.start(chat(), on_settled=settled, handle=handle))
    await upstream.asked.wait()
    handle.cut()
    handle.cut("again")
    answer = await task
    assert (answer.status, code_of(answer)) == (401, "session_revoked")
    gate.set()
    await gateway.aclose()
    assert [(entry.cost_micro_usd, entry.status, entry.code) for entry in settled] == [(43, 401, "session_revoked")]


async def test_a_call_that_was_cut_before_it_began_sends_nothing_and_costs_nothing():
    settled, handle, upstream = Settlements(), RelayHandle(), ScriptedUpstream()
    handle.cut("Over.")
    gateway = service(upstream)
    answer = await gateway.start(chat(), on_settled=settled, handle=handle)
    assert json.loads(answer.body)["error"]["message"] == "Over."
    await gateway.aclose()
    assert not upstream.requests
    assert [(entry.cost_micro_usd, entry.status) for entry in settled] == [(0, 401)]


async def test_a_stopping_server_takes_no_calls_and_ends_those_in_flight_in_time():
    settled, upstream = Settlements(), ScriptedUpstream(asyncio.Event())
    gateway = service(upstream, drain_seconds=0.01)
    task = asyncio.create_task(gateway.start(chat(), on_settled=settled))
    await upstream.asked.wait()
    await gateway.aclose()
    assert (await task).status == 504
    assert settled[0].cost_micro_usd == chat().price_bound_micro_usd
    with pytest.raises(UpstreamOverloaded):
        await gateway.start(chat(), on_settled=settled)
    assert len(settled) == 1


async def test_a_call_that_does_not_end_is_cancelled_and_settled(monkeypatch):
    monkeypatch.setattr("boundgate.gateway.service.SETTLE_GRACE_SECONDS", 0.0)
    settled, upstream = Settlements(), ScriptedUpstream(asyncio.Event())
    gateway = service(upstream, drain_seconds=0.0)
    task = asyncio.create_task(gateway.start(chat(), on_settled=settled))
    await upstream.asked.wait()
    await gateway.aclose()
    assert (await task).status in {503, 504}
    assert len(settled) == 1


async def test_the_service_lists_models_and_parses():
    gateway = GatewayService(PRICES, EmbeddedUpstream(PRICES), drain_seconds=1)
    assert len(gateway.models()["data"]) == 2
    assert gateway.model("gpt-5.2")["id"] == "gpt-5.2"
    with pytest.raises(NotFound):
        gateway.model("other")
    assert gateway.parse_chat(body()).model.name == "gpt-5.2-mini"
