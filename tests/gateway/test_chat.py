from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundgate.errors import BadRequest, NotFound, UnknownParameter
from boundgate.gateway.chat import ChatParser
from boundgate.gateway.chat_fields import CHAT_COMPLETIONS
from boundgate.gateway.prices import ExtraField, ExtraType, PriceTable
from tests.gateway.fakes import PRICES, body, chat

USER = {"role": "user", "content": "hi"}
FUNCTION = {"type": "function", "function": {"name": "look_up", "description": "d", "parameters": {"type": "object"}}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": True}}


def sent(**fields: Any) -> dict[str, Any]:
    return json.loads(chat(**fields).body)


def refused(**fields: Any) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        chat(**fields)
    return caught.value


EVERYDAY: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "s"},
        {"role": "developer", "content": [{"type": "text", "text": "d"}]},
        {"role": "user", "content": [{"type": "text", "text": "ü"}, {"type": "text", "text": "b"}], "name": "ann"},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "content": "42", "tool_call_id": "call_1"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
    ],
    "tools": [FUNCTION],
    "tool_choice": {"type": "function", "function": {"name": "look_up"}},
    "parallel_tool_calls": False,
    "response_format": SCHEMA,
    "temperature": 0.5,
    "top_p": 1,
    "stop": ["a", "b"],
    "seed": -1,
    "n": 2,
    "logprobs": True,
    "top_logprobs": 3,
    "presence_penalty": -2,
    "frequency_penalty": 2.0,
    "logit_bias": {"50256": -100},
    "max_completion_tokens": 50,
    "user": "u",
    "reasoning_effort": "low",
    "verbosity": "high",
    "modalities": ["text"],
    "prompt_cache_key": "k",
    "safety_identifier": "s",
    "stream": False,
}


def test_everyday_fields_reach_upstream_unchanged():
    assert sent(**EVERYDAY) == {"model": "gpt-5.2-mini", **EVERYDAY}


def test_every_field_of_the_table_has_a_value_that_is_accepted():
    others = {"max_tokens", "store", "metadata", "service_tier", "stream_options"}
    assert CHAT_COMPLETIONS.fields.keys() == {"model", *EVERYDAY, *others}


def test_what_the_packages_send_back_of_an_earlier_answer_is_accepted_without_its_empty_members():
    earlier = {"role": "assistant", "content": "a", "refusal": None, "annotations": [], "audio": None}
    earlier["function_call"] = None
    assert sent(messages=[USER, earlier, USER])["messages"][1] == {"role": "assistant", "content": "a"}


def test_null_means_absent():
    assert "temperature" not in sent(temperature=None, stop=None, tools=None)


def test_nothing_is_stored_on_a_callers_word():
    assert sent(store=True)["store"] is False
    assert "metadata" not in sent(metadata={"a": "b"})


def test_the_provider_is_never_asked_for_a_dearer_service():
    assert sent(service_tier="auto")["service_tier"] == "default"
    assert refused(service_tier="priority").param == "service_tier"


def test_a_stream_always_asks_upstream_for_its_usage_record():
    plain = chat(stream=True)
    assert json.loads(plain.body)["stream_options"] == {"include_usage": True}
    assert not plain.include_usage_requested
    declined = chat(stream=True, stream_options={"include_usage": False, "include_obfuscation": False})
    assert json.loads(declined.body)["stream_options"] == {"include_usage": True, "include_obfuscation": False}
    assert not declined.include_usage_requested
    assert chat(stream=True, stream_options={"include_usage": True}).include_usage_requested


def test_the_limit_on_the_output_is_sent_wherever_the_caller_gave_none():
    assert sent()["max_completion_tokens"] == 16_384
    assert "max_completion_tokens" not in sent(max_tokens=7)
    assert chat(max_tokens=7).max_output_tokens == 7


def test_the_price_bound_covers_the_body_sent_the_overhead_and_every_choice():
    request = chat(model="gpt-5.2", n=3, max_completion_tokens=100)
    assert request.input_token_bound == len(request.body) + 512
    tokens = request.input_token_bound * 1_750_000 + 300 * 14_000_000
    assert request.price_bound_micro_usd == 2_000_000 + -(-tokens // 1_000_000)


def test_characters_count_as_their_utf8_bytes():
    assert chat(messages=[{"role": "user", "content": "€"}]).input_token_bound == chat().input_token_bound + 1


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"surprise": 1}, "surprise"),
        ({"Model": "x"}, "Model"),
        ({"web_search_options": {}}, "web_search_options"),
        ({"functions": []}, "functions"),
        ({"audio": {}}, "audio"),
        ({"messages": [{**USER, "extra": 1}]}, "messages[0].extra"),
        (
            {"messages": [{"role": "user", "content": [
                {"type": "text", "text": "a"},
                {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}},
            ]}]},
            "messages[0].content[1].image_url",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": ""}}]}]},
            "messages[0].content[0].input_audio",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "file"}]}]}, "messages[0].content[0].type"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "a", "image_url": "b"}]}]},
            "messages[0].content[0].image_url",
        ),
        ({"messages": [{"role": "assistant", "content": "a", "annotations": [{}]}]}, "messages[0].annotations"),
        ({"messages": [{"role": "assistant", "audio": {"id": "a"}}]}, "messages[0].audio"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"type": "mcp", "server_url": "https://x.test"}]}, "tools[0].server_url"),
        ({"tools": [{"type": "function", "function": {"name": "f", "url": "x"}}]}, "tools[0].function.url"),
        ({"tool_choice": {"type": "hosted"}}, "tool_choice.type"),
        ({"response_format": {"type": "json_object", "x": 1}}, "response_format.x"),
        ({"stream": True, "stream_options": {"x": True}}, "stream_options.x"),
        ({"sk-proj-0123456789 abc": 1}, "?"),
    ],
)  # fmt: skip
def test_what_is_on_no_list_is_refused_by_name_at_any_depth(fields, param):
    error = refused(**fields)
    assert isinstance(error, UnknownParameter)
    assert (error.public_code, error.status, error.param) == ("unknown_parameter", 400, param)
    assert error.detail.startswith(param)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"model": 5}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": "hi"}, "messages"),
        ({"messages": ["hi"]}, "messages[0]"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": []}]}, "messages[0].content"),
        ({"messages": [{"role": "root", "content": "a"}]}, "messages[0].role"),
        ({"messages": [{"content": "a"}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": "a"}]}, "messages[0].tool_call_id"),
        ({"messages": [USER] * 2049}, "messages"),
        ({"n": 0}, "n"),
        ({"n": 9}, "n"),
        ({"n": True}, "n"),
        ({"n": 1.0}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 16_385}, "max_tokens"),
        ({"max_completion_tokens": 16_385}, "max_completion_tokens"),
        ({"max_completion_tokens": 5, "max_tokens": 5}, "max_tokens"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": 1}, "stop"),
        ({"stop": [1]}, "stop[0]"),
        ({"seed": 2**63}, "seed"),
        ({"logit_bias": {"a": 1}}, "logit_bias"),
        ({"logit_bias": {"1": 101}}, "logit_bias.?"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
        ({"tools": [FUNCTION] * 129}, "tools"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"modalities": ["audio"]}, "modalities[0]"),
        ({"reasoning_effort": "enormous"}, "reasoning_effort"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_its_place(fields, param):
    error = refused(**fields)
    assert (error.public_code, error.status, error.param) == ("invalid_request", 400, param)
    assert error.detail.startswith(param) or "not both" in error.detail


def test_missing_fields_are_named():
    for name, raw in (("messages", b'{"model": "gpt-5.2"}'), ("model", b'{"n": 1}')):
        with pytest.raises(BadRequest) as caught:
            ChatParser(PRICES).parse(raw)
        assert caught.value.param == name


def test_an_unknown_model_is_not_found():
    with pytest.raises(NotFound) as caught:
        chat(model="gpt-1")
    assert caught.value.public_code == "model_not_found"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'"a"',
        b"{",
        b'{"model": "gpt-5.2", "model": "gpt-5.2-mini"}',
        b'{"temperature": NaN}',
        b'{"temperature": Infinity}',
        b"\xff{}",
        b"\xef\xbb\xbf{}",
        body(response_format=1)[:-1] + b"}" * 2,
        b'{"a":' * 100_000,
        b"[" * 1_000_000,
        b'{"model":"gpt-5.2","messages":[{"role":"user","content":"\\ud800"}]}',
        body(tools=[{"type": "function", "function": {"name": "f", "parameters": {"x": 0}}}]).replace(b"0", b"1e999"),
        body(seed=0).replace(b": 0", b": " + b"9" * 5000),
        body(seed=0).replace(b": 0", b": 1e999"),
    ],
)
def test_what_is_not_strict_json_is_a_bad_request(raw):
    with pytest.raises(BadRequest):
        ChatParser(PRICES).parse(raw)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


def test_free_objects_nest_to_a_limit():
    def schema(depth):
        return {"type": "json_schema", "json_schema": {"name": "a", "schema": nested(depth)}}

    assert sent(response_format=schema(28))
    refused(response_format=schema(32))


def test_an_operator_can_admit_a_field_but_not_redefine_one():
    extra = (ExtraField("top_k", ExtraType.INTEGER), ExtraField("guided", ExtraType.OBJECT))
    parser = ChatParser(PriceTable(PRICES.models, {"chat_completions": extra}))
    assert json.loads(parser.parse(body(top_k=5, guided={"a": [1]})).body)["top_k"] == 5
    with pytest.raises(BadRequest, match="top_k"):
        parser.parse(body(top_k="5"))
    with pytest.raises(ValueError, match="n"):
        ChatParser(PriceTable(PRICES.models, {"chat_completions": (ExtraField("n", ExtraType.ANY),)}))


def test_the_prompt_is_in_no_representation():
    assert "hush" not in repr(chat(messages=[{"role": "user", "content": "hush"}]))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(sorted(CHAT_COMPLETIONS.fields)) | st.text(max_size=8)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_declared_error(raw):
    with pytest.raises(BadRequest):
        ChatParser(PRICES).parse(raw)


@settings(deadline=None)
@given(st.dictionaries(names, json_values, max_size=4), st.booleans())
def test_any_json_raises_nothing_undeclared_and_what_passes_is_json_again(fields, well_formed):
    base = {"model": "gpt-5.2", "messages": [USER]} if well_formed else {}
    try:
        request = ChatParser(PRICES).parse(json.dumps({**base, **fields}).encode())
    except (BadRequest, NotFound):
        return
    assert json.loads(request.body)["model"] == request.model.name


@settings(deadline=None)
@given(
    st.recursive(
        st.sampled_from([USER, CALL, FUNCTION, SCHEMA, "text", None, 1]),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["role", "content", "type", "text", "name", "tool_calls"]), inner)
        ),
    )
)
def test_any_messages_and_tools_raise_nothing_undeclared(value):  # fmt: skip
    for fields in ({"messages": value}, {"tools": value}, {"tool_choice": value}, {"response_format": value}):
        with contextlib.suppress(BadRequest):
            chat(**fields)
