"""Parameters of a query or a form, read strictly (RFC 6749 §3.1, §3.2 and appendix B)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from boundgate.oauth.errors import InvalidRequest

MAX_BYTES = 32_768
"""Room for an assertion and a pushed request; more than any real request needs."""
MAX_PARAMETERS = 64
MAX_NAME_CHARS = 64
MAX_VALUE_CHARS = 16_384
_ENCODED = re.compile(rb"[\x21-\x7e]*")
"""Browsers leave more of ASCII as it is than they need to; no space, no control, and nothing beyond."""
_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_NAME = re.compile(r"[A-Za-z0-9_.:-]+")


def read_parameters(encoded: bytes) -> dict[str, str]:
    """The parameters of `application/x-www-form-urlencoded` text; those without a value are left out (§3.1).

    Raises:
        InvalidRequest: too long, not that encoding, not UTF-8, a control character, or a name that stands twice.
    """
    if len(encoded) > MAX_BYTES:
        raise InvalidRequest(f"The parameters are longer than {MAX_BYTES} bytes.")
    pieces = [piece for piece in encoded.split(b"&") if piece]
    if len(pieces) > MAX_PARAMETERS:
        raise InvalidRequest(f"There are more than {MAX_PARAMETERS} parameters.")
    found: dict[str, str] = {}
    seen: set[str] = set()
    for piece in pieces:
        raw_name, _, raw_value = piece.partition(b"=")
        name, value = _decoded(raw_name), _decoded(raw_value)
        if len(name) > MAX_NAME_CHARS or not _NAME.fullmatch(name):
            raise InvalidRequest("A parameter's name is not one of any standard.")
        # RFC 6749 §3.1, §3.2: parameters must not be included more than once.
        if name in seen:
            raise InvalidRequest("A parameter is there twice; send each once.", param=name)
        seen.add(name)
        if len(value) > MAX_VALUE_CHARS:
            raise InvalidRequest("A parameter's value is too long.", param=name)
        # RFC 6749 §3.1: those sent without a value are treated as if they were omitted.
        if value:
            found[name] = value
    return found


def required(parameters: Mapping[str, str], name: str) -> str:
    """A parameter that must be there.

    Raises:
        InvalidRequest: it is not.
    """
    value = parameters.get(name)
    if value is None:
        raise InvalidRequest(f'The parameter "{name}" is missing.', param=name)
    return value


def _decoded(raw: bytes) -> str:
    if not _ENCODED.fullmatch(raw) or _ESCAPE.search(raw):
        raise InvalidRequest("The parameters are not application/x-www-form-urlencoded text (RFC 6749 appendix B).")
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequest("A parameter is not UTF-8 (RFC 6749 appendix B).") from None
    # RFC 6749 appendix A: no value of any parameter has control characters.
    if any(character < " " or character == "\x7f" for character in text):
        raise InvalidRequest("A parameter holds a control character.")
    return text
