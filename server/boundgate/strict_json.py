"""JSON as RFC 8259 means it, without the leniencies of Python's reader.

Refused: duplicate members, NaN and infinities, nesting beyond a limit, anything but UTF-8, a byte-order mark,
half a surrogate pair.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


class StrictJSONError(ValueError):
    """The text is not acceptable JSON; the message says why and quotes nothing of it."""


def loads(data: bytes | str, *, max_depth: int = 32) -> Any:
    """Parse one JSON value.

    Args:
        data: the whole text.
        max_depth: how deep arrays and objects may nest.

    Raises:
        StrictJSONError: for anything that is not acceptable.
    """
    try:
        if isinstance(data, bytes):
            text = data.decode("utf-8")
        else:
            text = data
            text.encode("utf-8")
    except UnicodeError:
        raise StrictJSONError("not valid UTF-8") from None
    try:
        value = _DECODER.decode(text)
    except StrictJSONError:
        raise
    except (ValueError, RecursionError):
        raise StrictJSONError("not valid JSON") from None
    # Whoever opens no more than that many cannot nest them deeper; strings that hold some make it look only.
    if text.count("{") + text.count("[") > max_depth and _deeper_than(value, max_depth):
        raise StrictJSONError(f"nested deeper than {max_depth} levels")
    if _has_lone_surrogate(text, value):
        raise StrictJSONError("a string holds half of a surrogate pair")
    return value


def loads_object(data: bytes | str, *, max_depth: int = 32) -> dict[str, Any]:
    """Parse one JSON object; the same errors as `loads`, and one for any other kind of value."""
    value = loads(data, max_depth=max_depth)
    if not isinstance(value, dict):
        raise StrictJSONError("not a JSON object")
    return value


def _has_lone_surrogate(text: str, value: Any) -> bool:
    if "\\u" not in text:
        return False
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


_NESTED = (dict, list)


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value] if isinstance(value, _NESTED) else []
    for _ in range(limit):
        if not level:
            return False
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, _NESTED)
        ]
    return bool(level)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise StrictJSONError("an object names a member twice")
    return result


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise StrictJSONError("a number is too large")
    return number


def _refuse_constant(_name: str) -> NoReturn:
    raise StrictJSONError("NaN and infinities are not JSON")


# Made once: to make one costs as much as to read a short text.
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_refuse_constant)
