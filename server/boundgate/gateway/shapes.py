"""Checks of JSON values, put together like sentences: `array(text(), most=4)`.

A check takes a value and its path in the request, and returns what is sent upstream in its place. It raises
`BadRequest` for a value that cannot be meant and `UnknownParameter` for a member that is on no list, both with the
path as `param`. Values of callers are never repeated in a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from boundgate.errors import BadRequest, UnknownParameter

Check = Callable[[Any, str], Any]

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_TYPE_NAMES: dict[type, str] = {str: "a string", list: "an array", dict: "an object"}


def wrong(path: str, expected: str) -> BadRequest:
    """The error for a known field with an unacceptable value."""
    return BadRequest(f"{path} must be {expected}.", param=path)


def unknown(path: str, hint: str = "") -> UnknownParameter:
    """The error for a field that is on no list. `hint` is a sentence that says why, or what to send instead."""
    reason = hint or "This server refuses what it cannot price: leave it out, or ask the operator to admit it."
    return UnknownParameter(f"{path} is not accepted here. {reason}", param=path)


def member(path: str, name: str) -> str:
    """The path of a member. A name that does not look like one is not repeated."""
    shown = name if _PLAIN_NAME.fullmatch(name) else "?"
    return f"{path}.{shown}" if path else shown


def anything(value: Any, path: str) -> Any:  # noqa: ARG001 - every check has this signature
    """Any JSON value."""
    return value


def boolean(value: Any, path: str) -> Any:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise wrong(path, "true or false")
    return value


def json_object(value: Any, path: str) -> Any:
    """Any object, such as a JSON Schema; the members are the caller's."""
    if not isinstance(value, dict):
        raise wrong(path, "an object")
    return value


def json_array(value: Any, path: str) -> Any:
    """Any array."""
    if not isinstance(value, list):
        raise wrong(path, "an array")
    return value


def integer(low: int, high: int) -> Check:
    """A whole number from `low` to `high`, both included."""

    def check(value: Any, path: str) -> Any:
        if type(value) is not int or not low <= value <= high:
            raise wrong(path, f"a whole number from {low} to {high}")
        return value

    return check


def number(low: float, high: float) -> Check:
    """A number from `low` to `high`, both included."""

    def check(value: Any, path: str) -> Any:
        if type(value) not in {int, float} or not low <= value <= high:
            raise wrong(path, f"a number from {low:g} to {high:g}")
        return value

    return check


def text(*, most: int | None = None, pattern: str | None = None) -> Check:
    """A string, of at most `most` characters, that matches the whole of `pattern`."""
    wanted = "a string" + (f" of at most {most} characters" if most else "") + (f" like {pattern}" if pattern else "")
    compiled = re.compile(pattern) if pattern else None

    def check(value: Any, path: str) -> Any:
        if not isinstance(value, str) or (most is not None and len(value) > most):
            raise wrong(path, wanted)
        if compiled is not None and not compiled.fullmatch(value):
            raise wrong(path, wanted)
        return value

    return check


def choice(*accepted: str) -> Check:
    """One of a few strings."""

    def check(value: Any, path: str) -> Any:
        if not isinstance(value, str) or value not in accepted:
            raise wrong(path, f"one of {', '.join(accepted)}")
        return value

    return check


def always(check_first: Check, sent: Any) -> Check:
    """Whatever `check_first` accepts; upstream gets `sent` instead."""

    def check(value: Any, path: str) -> Any:
        check_first(value, path)
        return sent

    return check


def array(item: Check, *, least: int = 0, most: int) -> Check:
    """An array of `least` to `most` items, each checked by `item`."""

    def check(value: Any, path: str) -> Any:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise wrong(path, f"an array of {least} to {most} items")
        return [item(entry, f"{path}[{index}]") for index, entry in enumerate(value)]

    return check


def mapping(value_check: Check, *, key_pattern: str, most: int) -> Check:
    """An object of at most `most` members whose names match `key_pattern`."""
    compiled = re.compile(key_pattern, re.DOTALL)

    def check(value: Any, path: str) -> Any:
        if not isinstance(value, dict) or len(value) > most or not all(map(compiled.fullmatch, value)):
            raise wrong(path, f"an object of at most {most} members with names like {key_pattern}")
        return {name: value_check(entry, member(path, name)) for name, entry in value.items()}

    return check


def by_type(checks: Mapping[type, Check]) -> Check:
    """One of several JSON types, each with a check of its own."""
    wanted = " or ".join(_TYPE_NAMES[kind] for kind in checks)

    def check(value: Any, path: str) -> Any:
        chosen = checks.get(type(value))
        if chosen is None:
            raise wrong(path, wanted)
        return chosen(value, path)

    return check


class Record:
    """An object with known members only. Optional members may be null, which means absent.

    Args:
        required: members that must be there.
        optional: members that may be.
        empty: members that are tolerated while they hold nothing (null, `[]`), and are then left out; the packages
            send back such members of earlier answers.
    """

    def __init__(
        self,
        required: Mapping[str, Check],
        optional: Mapping[str, Check] | None = None,
        *,
        empty: Collection[str] = (),
    ) -> None:
        self._required = dict(required)
        self._optional = dict(optional or {})
        self._empty = frozenset(empty)
        self.names = frozenset({*self._required, *self._optional})

    def __call__(self, value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            raise wrong(path, "an object")
        result: dict[str, Any] = {}
        for name, entry in value.items():
            check = self._check_of(name, entry, path)
            if check is not None:
                result[name] = check(entry, member(path, name))
        for name in self._required:
            if name not in value:
                raise BadRequest(f"{member(path, name)} is missing.", param=member(path, name))
        return result

    def _check_of(self, name: str, entry: Any, path: str) -> Check | None:
        if name in self._required:
            return self._required[name]
        if name in self._optional:
            return None if entry is None else self._optional[name]
        if name in self._empty and (entry is None or entry == []):
            return None
        raise unknown(member(path, name))


def variants(tag: str, records: Mapping[str, Record], *, hint: str = "") -> Check:
    """An object whose member `tag` says which record it is.

    An object of another kind is refused by the name of the first member that no record knows, so that an image is
    refused as `image_url`, or else by its tag.
    """
    known = frozenset[str]().union(*(record.names for record in records.values()))

    def check(value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            raise wrong(path, "an object")
        named = value.get(tag)
        if not isinstance(named, str):
            raise wrong(member(path, tag), f"one of {', '.join(records)}")
        record = records.get(named)
        if record is not None:
            return record(value, path)
        strange = next((name for name in value if name not in known), None)
        if strange is None and not hint:
            raise wrong(member(path, tag), f"one of {', '.join(records)}")
        raise unknown(member(path, strange or tag), hint)

    return check
