"""Where this server takes what the draft of 2026-02-17 does not allow, because a browser that people use sends it.

Each leniency is one function here, with the versions of Chrome that it serves, and one switch in `Leniencies`. None of
them weakens what a proof proves: the key of a refresh is the stored one, its algorithm is that key's, `none`, critical
members and attestations are refused whatever is switched on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Leniencies:
    """Which leniencies are granted; all of them unless switched off."""

    unquoted_values: bool = True
    old_header_names: bool = True
    old_type: bool = True
    key_in_payload: bool = True
    old_claims: bool = True
    audience_list: bool = True


LENIENT = Leniencies()
STRICT = Leniencies(
    unquoted_values=False,
    old_header_names=False,
    old_type=False,
    key_in_payload=False,
    old_claims=False,
    audience_list=False,
)
"""The draft to the letter. No Chrome through 156 can register here: it quotes no header."""

_OLD_NAMES = {"Secure-Session-Response": "Sec-Session-Response", "Sec-Secure-Session-Id": "Sec-Session-Id"}


def unquoted_value(value: str) -> str | None:
    """A raw `Secure-Session-Response` or `Sec-Secure-Session-Id`, which the draft wants as a quoted sf-string
    (DBSC §8.3, §8.4). None where the value is quoted.

    Serves Chrome 135 to 156, all that is known.
    """
    return None if value.startswith('"') else value


def old_header_name(name: str) -> str | None:
    """The name that a request's header had before: `Sec-Session-Response`, `Sec-Session-Id`. No page's script can set
    either (Fetch §4.6). None where there was none. What we send has the new names alone.

    Serves Chrome 135 to 141, the first origin trial and after it.
    """
    return _OLD_NAMES.get(name)


def is_old_type(value: object) -> bool:
    """`"typ":"jwt"` in place of `dbsc+jwt` (DBSC §9.1). The key signs nothing but proofs, so the type tells nothing
    apart.

    Serves Chrome before 142.
    """
    return value == "jwt"


def key_in_payload(claims: Mapping[str, Any]) -> Any:
    """The public key of a *registration* in its payload, as `key` or `jwk`, and not in its header
    (w3c/webappsec-dbsc#216). None where there is none. A refresh with a key anywhere is refused.

    Serves Chrome 135 to 141.
    """
    return claims.get("key", claims.get("jwk"))


def has_old_claims(claims: Mapping[str, Any]) -> bool:
    """`iat`, in the browser's time, and `sub`, the session's identifier: both are read over, since freshness comes
    from the challenge and the session from the header.

    Serves Chrome 135 to 141.
    """
    return "iat" in claims or "sub" in claims


def is_in_list(expected: str, audience: object) -> bool:
    """`aud` as an array (RFC 7519 §4.1.3) that holds the endpoint's URL, beside the plain string of Chromium.

    Serves no Chrome that is known, but polyfills that build their proofs with a JWT library.
    """
    return isinstance(audience, list) and expected in audience
