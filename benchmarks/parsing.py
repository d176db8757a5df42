"""A chat completion's body of 2 kB: checked, priced and written anew."""

from __future__ import annotations

import json

from benchmarks.timing import Case, Group
from tests.support.site import HELLO, Site

BODY_BYTES = 2048


async def group(site: Site) -> Group:
    """The cases."""
    body, gateway = _body(), site.services.gateway
    return Group(
        "parsing",
        [
            Case(name="json.loads and json.dumps, 2 kB", calls=1000, call=lambda _: json.dumps(json.loads(body))),
            Case(name="parse_chat, 2 kB", calls=300, call=lambda _: gateway.parse_chat(body)),
        ],
    )


def _body() -> bytes:
    """A conversation of several turns, as clients send it, of exactly that size."""
    turns = [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "Name three rivers, “in order of length”."},
        {"role": "assistant", "content": "The Nile, the Amazon, and the Yangtze."},
        {"role": "user", "content": ""},
    ]
    request = HELLO | {"messages": turns, "temperature": 0.7, "max_completion_tokens": 512, "stream": True}
    missing = BODY_BYTES - len(json.dumps(request, ensure_ascii=False).encode())
    turns[-1]["content"] = "words " * (missing // 6) + "x" * (missing % 6)
    return json.dumps(request, ensure_ascii=False).encode()
