"""The header fields of DBSC, read and written (DBSC §8.1 to §8.5; RFC 9651)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import http_sf
from http_sf import StructuredFieldError, Token

from boundgate.dbsc.errors import ProofMalformed

REGISTRATION = "Secure-Session-Registration"
CHALLENGE = "Secure-Session-Challenge"
RESPONSE = "Secure-Session-Response"
SESSION_ID = "Sec-Secure-Session-Id"
SKIPPED = "Secure-Session-Skipped"

MAX_PROOF_CHARS = 8192
MAX_SESSION_ID_CHARS = 128
MAX_SKIPPED_CHARS = 2048
_SESSION_ID = re.compile(r"[A-Za-z0-9_-]+")
_SKIP_REASONS = frozenset({"unreachable", "server_error", "quota_exceeded"})


@dataclass(frozen=True, slots=True)
class Skipped:
    """A browser's word that it sent a request without refreshing. Telemetry: anybody can send it."""

    reason: str
    session_id: str | None


def registration_offer(*, algorithms: Sequence[str], path: str, challenge: str, authorization: str) -> str:
    """The value of `Secure-Session-Registration` (DBSC §8.1); the first algorithm is the preferred one."""
    parameters = {"path": path, "challenge": challenge, "authorization": authorization}
    members: Any = [([(Token(name), {}) for name in algorithms], parameters)]
    return http_sf.ser(members)


def challenge_for(session_id: str, challenge: str) -> str:
    """The value of `Secure-Session-Challenge`; without `id` Chromium ends the session (DBSC §8.2)."""
    members: Any = [(challenge, {"id": session_id})]
    return http_sf.ser(members)


def read_proof(value: str) -> str:
    """The compact JWS in `Secure-Session-Response`.

    The draft says sf-string (DBSC §8.3); Chromium through 156 sends it raw. Both are read.

    Raises:
        ProofMalformed: too long, or neither form.
    """
    if len(value) > MAX_PROOF_CHARS:
        raise ProofMalformed(f"{RESPONSE} is longer than {MAX_PROOF_CHARS} characters.")
    return _raw_or_quoted(value, RESPONSE)


def read_session_id(value: str) -> str:
    """The identifier in `Sec-Secure-Session-Id`, raw or quoted (DBSC §8.4).

    Raises:
        ProofMalformed: empty, too long, or with characters that no identifier of ours has.
    """
    if len(value) > MAX_SESSION_ID_CHARS:
        raise ProofMalformed(f"{SESSION_ID} is longer than {MAX_SESSION_ID_CHARS} characters.")
    session_id = _raw_or_quoted(value, SESSION_ID)
    if not _SESSION_ID.fullmatch(session_id):
        raise ProofMalformed(f"{SESSION_ID} is not a session identifier.")
    return session_id


def read_skipped(value: str) -> tuple[Skipped, ...]:
    """What `Secure-Session-Skipped` says (DBSC §8.5); unreadable or unknown members are left out, never raised."""
    # Any page's script may send it, so it is not worth the time that a request head full of it would take.
    if len(value) > MAX_SKIPPED_CHARS:
        return ()
    try:
        members: Any = http_sf.parse(value.encode("latin-1", "replace"), tltype="list")
    except StructuredFieldError:
        return ()
    found = []
    for member, parameters in members:
        if isinstance(member, Token) and str(member) in _SKIP_REASONS:
            session_id = parameters.get("session_identifier")
            found.append(Skipped(str(member), session_id if type(session_id) is str else None))
    return tuple(found)


def _raw_or_quoted(value: str, header: str) -> str:
    value = value.strip(" \t")
    if not value.startswith('"'):
        return value
    try:
        parsed: Any = http_sf.parse(value.encode("latin-1", "replace"), tltype="item")
    except StructuredFieldError:
        raise ProofMalformed(f"{header} is neither a raw value nor a structured string.") from None
    item = parsed[0]
    if type(item) is not str:
        raise ProofMalformed(f"{header} is not a string.")
    return item
