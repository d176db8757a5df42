"""Shapes of the messages and tools of a chat completion: text, function tools, and nothing that is fetched."""

from __future__ import annotations

from boundgate.gateway.shapes import Check, Record, array, boolean, by_type, choice, json_object, text, variants

MESSAGES_MOST = 2048
PARTS_MOST = 1024
TOOLS_MOST = 128
FUNCTION_NAME = r"[A-Za-z0-9_-]{1,64}"

_ONLY_TEXT = "Content is text here: images, files, audio and links are neither fetched nor priced."
_ONLY_FUNCTIONS = "Tools are functions here: hosted tools are charged by the provider and not priced."

_name = text(most=64)
_function_name = text(pattern=FUNCTION_NAME)
_anything_named = Record({"name": _function_name})
_text_part = Record({"type": choice("text"), "text": text()})
_refusal_part = Record({"type": choice("refusal"), "refusal": text()})


def _content(parts: dict[str, Record]) -> Check:
    return by_type({str: text(), list: array(variants("type", parts, hint=_ONLY_TEXT), least=1, most=PARTS_MOST)})


_text_content = _content({"text": _text_part})

_tool_call = Record(
    {
        "id": text(most=256),
        "type": choice("function"),
        "function": Record({"name": _function_name, "arguments": text()}),
    }
)


def _plain_message(role: str) -> Record:
    return Record({"role": choice(role), "content": _text_content}, {"name": _name})


_assistant_message = Record(
    {"role": choice("assistant")},
    {
        "content": _content({"text": _text_part, "refusal": _refusal_part}),
        "refusal": text(),
        "name": _name,
        "tool_calls": array(variants("type", {"function": _tool_call}, hint=_ONLY_FUNCTIONS), most=TOOLS_MOST),
    },
    empty=("annotations", "audio", "function_call"),
)

_tool_message = Record(
    {"role": choice("tool"), "content": _text_content, "tool_call_id": text(most=256)}, {"name": _name}
)

messages: Check = array(
    variants(
        "role",
        {
            "system": _plain_message("system"),
            "developer": _plain_message("developer"),
            "user": _plain_message("user"),
            "assistant": _assistant_message,
            "tool": _tool_message,
        },
    ),
    least=1,
    most=MESSAGES_MOST,
)

_function_tool = Record(
    {
        "type": choice("function"),
        "function": Record(
            {"name": _function_name}, {"description": text(), "parameters": json_object, "strict": boolean}
        ),
    }
)

tools: Check = array(variants("type", {"function": _function_tool}, hint=_ONLY_FUNCTIONS), most=TOOLS_MOST)

_named_function = Record({"type": choice("function"), "function": _anything_named})

tool_choice: Check = by_type(
    {
        str: choice("none", "auto", "required"),
        dict: variants(
            "type",
            {
                "function": _named_function,
                "allowed_tools": Record(
                    {
                        "type": choice("allowed_tools"),
                        "allowed_tools": Record(
                            {
                                "mode": choice("auto", "required"),
                                "tools": array(
                                    variants("type", {"function": _named_function}, hint=_ONLY_FUNCTIONS),
                                    most=TOOLS_MOST,
                                ),
                            }
                        ),
                    }
                ),
            },
            hint=_ONLY_FUNCTIONS,
        ),
    }
)

response_format: Check = variants(
    "type",
    {
        "text": Record({"type": choice("text")}),
        "json_object": Record({"type": choice("json_object")}),
        "json_schema": Record(
            {
                "type": choice("json_schema"),
                "json_schema": Record(
                    {"name": _function_name}, {"description": text(), "schema": json_object, "strict": boolean}
                ),
            }
        ),
    },
)
