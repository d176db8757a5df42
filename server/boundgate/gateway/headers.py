"""Which response headers of the upstream a caller may see. Everything else stops here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from boundgate.gateway.upstream import Headers

PASSED_HEADERS = {
    "openai-processing-ms": "openai-processing-ms",
    "retry-after": "retry-after",
    "x-request-id": "x-upstream-request-id",
}
"""The upstream's name, in lower case, and the name that the caller sees. Our own request id keeps `x-request-id`."""

_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.:,-]{0,127}")


def passed_headers(received: Iterable[tuple[str, str]]) -> Headers:
    """The headers that callers may see, the first of each name, with values of plain characters only."""
    passed: dict[str, str] = {}
    for name, value in received:
        shown = PASSED_HEADERS.get(name.lower())
        if shown is not None and _HARMLESS.fullmatch(value):
            passed.setdefault(shown, value)
    return tuple(passed.items())
