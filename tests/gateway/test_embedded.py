from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from boundgate.gateway import embedded_model
from boundgate.gateway.chat import ChatRequest
from boundgate.gateway.embedded import EmbeddedUpstream
from boundgate.gateway.upstream import UpstreamRequest
from tests.gateway.fakes import PRICES, chat, events


async def ask(request: ChatRequest) -> tuple[bytes, EmbeddedUpstream]:
    upstream = EmbeddedUpstream(PRICES, clock=lambda: 1000.5, pace_seconds=0)
    answer = await upstream.open(
        UpstreamRequest(path="/chat/completions", body=request.body, stream=request.stream, request_id="r")
    )
    return b"".join([piece async for piece in answer.chunks()]), upstream


async def said(prompt: str, **fields: Any) -> dict[str, Any]:
    body, _ = await ask(chat(messages=[{"role": "user", "content": prompt}], **fields))
    return json.loads(body)


def contents(answer: dict[str, Any]) -> list[str]:
    return [choice["message"]["content"] for choice in answer["choices"]]


async def test_the_same_prompt_has_the_same_answer_and_it_mentions_the_prompt():
    first, second = await said("why is the sky blue?"), await said("why is the sky blue?")
    assert first == second
    assert "why is the sky blue?" in contents(first)[0]
    assert contents(first) != contents(await said("why is grass green?"))
    assert (first["object"], first["created"], first["model"]) == ("chat.completion", 1000, "gpt-5.2-mini")


async def test_several_choices_are_made_and_billed():
    answer = await said("choose", n=3)
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2]
    assert answer["usage"]["completion_tokens"] > 2 * len(contents(answer)[0]) / 12


async def test_the_limit_ends_an_answer_and_says_so():
    for limit in ({"max_completion_tokens": 3}, {"max_tokens": 3}):
        answer = await said("count to 9", **limit)
        assert contents(answer) == ["1 2 3 "]
        assert answer["choices"][0]["finish_reason"] == "length"
        assert answer["usage"]["completion_tokens"] == 3


async def test_an_echo_block_is_answered_with_exactly_its_content():
    page = '<script>alert(1)</script>\n[a](javascript:x) ![b](https://x.test/c.png)  "€"'
    assert contents(await said(f"please\n```echo\n{page}\n```\nthanks")) == [page]


async def test_a_stream_has_a_chunk_for_each_token_then_the_record_then_the_end():
    body, upstream = await ask(chat(messages=[{"role": "user", "content": "stream 200 chunks"}], stream=True))
    *chunks, record, end = events(body)
    assert end == "[DONE]"
    assert record["choices"] == []
    assert record["usage"]["completion_tokens"] == 200
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    texts = [chunk["choices"][0]["delta"].get("content") for chunk in chunks]
    assert texts == ["", *(f"chunk {number} of 200. " for number in range(1, 201)), None]
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    bill = upstream.bills[0]
    assert (bill.request_id, bill.model, bill.usage.output_tokens) == ("r", "gpt-5.2-mini", 200)


async def test_the_last_words_of_the_user_are_the_prompt():
    parts = [{"type": "text", "text": "fir"}, {"type": "text", "text": "st"}]
    messages = [{"role": "user", "content": parts}, {"role": "assistant", "content": "hm"}]
    body, _ = await ask(chat(messages=messages))
    assert "“first”" in contents(json.loads(body))[0]
    body, _ = await ask(chat(messages=[{"role": "assistant", "tool_calls": []}]))
    assert "“”" in contents(json.loads(body))[0]


@settings(deadline=None)
@given(st.text(max_size=300))
def test_tokens_are_the_text_and_none_is_empty(text):
    assert "".join(embedded_model.tokens(text)) == text
    assert all(embedded_model.tokens(text))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    ["count to 300", "stream 40 chunks", "```echo\nabc\n```"]
)
parts = st.lists(st.builds(lambda text: {"type": "text", "text": text}, texts), min_size=1, max_size=3)
messages = st.lists(
    st.builds(lambda role, content: {"role": role, "content": content},
              st.sampled_from(["system", "user", "assistant"]), texts | parts),
    min_size=1, max_size=5,
)  # fmt: skip
functions = st.builds(
    lambda text: {"type": "function", "function": {"name": "f", "description": text, "parameters": {"a": [1, None]}}},
    texts,
)
calls = st.fixed_dictionaries(
    {"messages": messages, "model": st.sampled_from(["gpt-5.2", "gpt-5.2-mini"])},
    optional={
        "n": st.integers(1, 8), "stream": st.booleans(), "tools": st.lists(functions, max_size=3),
        "max_completion_tokens": st.integers(1, 50) | st.just(16_384), "stop": texts, "user": texts,
    },
)  # fmt: skip


@given(calls)
@settings(deadline=None)
async def test_no_bill_exceeds_the_price_bound(fields):
    request = chat(**fields)
    _, upstream = await ask(request)
    bill = upstream.bills[0]
    assert bill.usage.input_tokens <= request.input_token_bound
    assert bill.usage.output_tokens <= request.max_output_tokens * request.n
    assert bill.cost_micro_usd <= request.price_bound_micro_usd
