"""Scopes as the wire has them (RFC 6749 §3.3)."""

from __future__ import annotations

import re

from boundgate.oauth.errors import InvalidScope
from boundgate.oauth.model import Client, Scope

SCOPES = frozenset(Scope)
SERVICE_SCOPES = frozenset({Scope.MODELS, Scope.CHAT})
"""What makes sense where no person stands behind the client."""
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")


def read_scope(text: str | None, *, client: Client) -> frozenset[str]:
    """The scopes that a client asks for.

    Raises:
        InvalidScope: none, not a list of scopes, one that there is not, or one that the client is not registered for.
    """
    if text is None:
        raise InvalidScope("Name what the token is for: openid, models, chat, offline_access.", param="scope")
    if not _SCOPE.fullmatch(text):
        raise InvalidScope(
            "The scope is not a list of words with single spaces between (RFC 6749 §3.3).", param="scope"
        )
    asked = frozenset(text.split(" "))
    if not asked <= SCOPES:
        raise InvalidScope("There are these scopes: openid, models, chat, offline_access.", param="scope")
    if not asked <= client.scopes:
        raise InvalidScope("The client is not registered for all of these scopes.", param="scope")
    return frozenset(Scope(word) for word in asked)


def narrowed(text: str | None, *, client: Client, granted: frozenset[str]) -> frozenset[str]:
    """The scopes of one access token: all that was granted that the client may still have, or what it asks of it.

    Raises:
        InvalidScope: more than was granted (RFC 6749 §6).
    """
    still = granted & client.scopes
    asked = still if text is None else read_scope(text, client=client)
    if not asked <= still or not asked:
        raise InvalidScope("The scope exceeds what was granted (RFC 6749 §6).", param="scope")
    return asked


def scope_text(scope: frozenset[str]) -> str:
    """The scopes as one text, always in the same order."""
    return " ".join(sorted(scope))
