"""The field list of `POST /v1/chat/completions`."""

from __future__ import annotations

from boundgate.gateway import chat_messages
from boundgate.gateway.fields import INT64, Effect, Field, FieldTable
from boundgate.gateway.shapes import Record, always, array, boolean, by_type, choice, integer, mapping, number, text

N_MOST = 8
TOKENS_MOST = 100_000_000

_HOSTED = "Hosted tools are charged by the provider and not priced."
_TEXT_ONLY = "Only text goes in and comes out here."
_tokens = integer(1, TOKENS_MOST)

CHAT_COMPLETIONS = FieldTable(
    route="chat_completions",
    fields={
        "model": Field(check=text(most=128), effect=Effect.SELECTS_PRICE, required=True),
        "messages": Field(check=chat_messages.messages, required=True),
        "max_completion_tokens": Field(check=_tokens, effect=Effect.BOUNDS_OUTPUT),
        "max_tokens": Field(check=_tokens, effect=Effect.BOUNDS_OUTPUT),
        "n": Field(check=integer(1, N_MOST), effect=Effect.MULTIPLIES_OUTPUT),
        "stream": Field(check=boolean),
        "stream_options": Field(check=Record({}, {"include_usage": boolean, "include_obfuscation": boolean})),
        "tools": Field(check=chat_messages.tools),
        "tool_choice": Field(check=chat_messages.tool_choice),
        "parallel_tool_calls": Field(check=boolean),
        "response_format": Field(check=chat_messages.response_format),
        "temperature": Field(check=number(0, 2)),
        "top_p": Field(check=number(0, 1)),
        "presence_penalty": Field(check=number(-2, 2)),
        "frequency_penalty": Field(check=number(-2, 2)),
        "logit_bias": Field(check=mapping(number(-100, 100), key_pattern=r"[0-9]{1,9}", most=1024)),
        "logprobs": Field(check=boolean),
        "top_logprobs": Field(check=integer(0, 20)),
        "stop": Field(check=by_type({str: text(), list: array(text(), most=4)})),
        "seed": Field(check=integer(-INT64, INT64 - 1)),
        "reasoning_effort": Field(check=choice("none", "minimal", "low", "medium", "high", "xhigh", "max")),
        "verbosity": Field(check=choice("low", "medium", "high")),
        "modalities": Field(check=array(choice("text"), most=1)),
        "user": Field(check=text(most=512)),
        "safety_identifier": Field(check=text(most=512)),
        "prompt_cache_key": Field(check=text(most=512)),
        # Other service tiers have other prices, and "auto" means whichever the provider's project is set to.
        "service_tier": Field(check=always(choice("auto", "default"), "default")),
        # The provider keeps nothing on a caller's word, and refuses metadata of what it does not keep.
        "store": Field(check=always(boolean, sent=False)),
        "metadata": Field(check=mapping(text(most=512), key_pattern=r".{1,64}", most=16), sent=False),
    },
    refused={
        "functions": "Send the functions as tools.",
        "function_call": "Send tool_choice instead.",
        "web_search_options": _HOSTED,
        "audio": _TEXT_ONLY,
        "prediction": "Rejected predictions are charged beyond any limit on the output.",
    },
)
