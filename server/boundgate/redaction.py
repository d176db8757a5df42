"""Hides whatever looks like token material in values that are about to be logged.

Where it is in doubt it hides: too much hidden is a nuisance, too little is a leak.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[redacted]"
MAX_DEPTH = 6

_ALWAYS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "dpop",
        "password",
        "secure-session-response",
        "secure-session-registration",
        "secure-session-challenge",
        "sec-session-response",
    }
)
"""Fields whose whole value goes, in lower case with hyphens."""
_BY_WORD = frozenset({"token", "secret", "key", "credential", "tokens", "secrets", "keys", "credentials"})
_PUBLIC_ENDINGS = frozenset({"thumbprint", "hash", "sha256", "seconds", "bytes", "count", "file"})
_LONG_RUN = re.compile(r"[A-Za-z0-9_\-+/=]{32,}")
_IN_TEXT: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"eyJ[A-Za-z0-9_-]{4,}[A-Za-z0-9_.=-]*"), HIDDEN),
    (re.compile(r"(/enrol/?(?:#|%23))[^\s\"'<>]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(__(?:Host|Secure)-[\w-]+=)[^\s;,\"'\\]*"), rf"\1{HIDDEN}"),
    (re.compile(r"\b(bearer|dpop|basic)(\s+)[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1\2{HIDDEN}"),
    (
        re.compile(
            r"\b((?:proxy-)?authorization|(?:set-)?cookie|dpop|secure-session-[a-z]+)\b([\"']?\s*[:=,]\s*)[^\r\n]+",
            re.IGNORECASE,
        ),
        rf"\1\2{HIDDEN}",
    ),
    (
        re.compile(
            r"(\b\w*(?:token|secret|password|credential|key)[\"']?\s*[:=]\s*)(b?[\"']?)[\w+/=-]{32,}", re.IGNORECASE
        ),
        rf"\1\2{HIDDEN}",
    ),
    # Of an authorization request and its answer: a code, its verifier, and the name of a pushed request.
    (
        re.compile(
            r"\b((?:code|code_verifier|client_assertion)[\"']?\s*(?:[:=]|%3D)\s*[\"']?)[\w.~+/=-]{32,}", re.IGNORECASE
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(request_uri(?::|%3A))[\w-]{16,}", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"\bsk-[A-Za-z0-9_-]{16,}"), HIDDEN),
    (re.compile(r"(?<=://)[^/@\s:]+:[^/@\s]+(?=@)"), HIDDEN),
)


def redact(value: Any, *, field: str = "", depth: int = 0) -> Any:
    """A copy of `value`, of mappings, sequences, text and numbers only, without what looks like a credential.

    Args:
        value: anything; objects of other types become their redacted `repr`.
        field: the name under which the value is logged.
        depth: how deep this value is nested; below `MAX_DEPTH` everything is hidden.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth > MAX_DEPTH:
        return HIDDEN
    if isinstance(value, Mapping):
        inner = {_text(key): item for key, item in value.items()}
        return {
            redact_text(name): redact(item, field=_inner(name, field), depth=depth + 1) for name, item in inner.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return _redact_items(list(value), field=field, depth=depth + 1)
    text = _text(value)
    name = field.lower().replace("_", "-")
    if name in _ALWAYS:
        return HIDDEN
    if _names_a_secret(name):
        text = _LONG_RUN.sub(HIDDEN, text)
    return redact_text(text)


def redact_text(text: str) -> str:
    """`text` with every piece hidden that is shaped like a credential."""
    for pattern, replacement in _IN_TEXT:
        text = pattern.sub(replacement, text)
    return text


def _redact_items(items: list[Any], *, field: str, depth: int) -> list[Any]:
    # Header lists are pairs: the first member names the second.
    if len(items) == 2 and isinstance(items[0], str | bytes):
        name = _text(items[0])
        return [redact(name, field=field, depth=depth), redact(items[1], field=_inner(name, field), depth=depth)]
    return [redact(item, field=field, depth=depth) for item in items]


def _inner(name: str, field: str) -> str:
    lowered = name.lower().replace("_", "-")
    return name if lowered in _ALWAYS or _names_a_secret(lowered) else field


def _names_a_secret(name: str) -> bool:
    words = name.split("-")
    return not _BY_WORD.isdisjoint(words) and words[-1] not in _PUBLIC_ENDINGS


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("latin-1")
    return value if isinstance(value, str) else repr(value)
