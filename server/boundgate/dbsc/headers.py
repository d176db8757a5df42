"""The header fields of DBSC, read and written (DBSC §8.1 to §8.5; RFC 9651). Offers: `offers.py`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import http_sf
from http_sf import StructuredFieldError, Token

from boundgate.dbsc import leniency
from boundgate.dbsc.errors import ProofMalformed
from boundgate.dbsc.leniency import LENIENT, Leniencies
from boundgate.jose.compact import MAX_COMPACT_CHARS

REGISTRATION = "Secure-Session-Registration"
CHALLENGE = "Secure-Session-Challenge"
RESPONSE = "Secure-Session-Response"
SESSION_ID = "Sec-Secure-Session-Id"
SKIPPED = "Secure-Session-Skipped"
CLIENT = "DBSC-Client"
"""Ours, in no draft: a client that is not the browser itself says so at its registration. It only ever lowers trust."""

MAX_SESSION_ID_CHARS = 128
MAX_SKIPPED_CHARS = 2048
MAX_CLIENT_CHARS = 64
UNNAMED_CLIENT = "unnamed"
_SESSION_ID = re.compile(r"[A-Za-z0-9_-]+")
_CLIENT = re.compile(r"[A-Za-z0-9._+-]+(?:/[A-Za-z0-9._+-]+)?")
_SKIP_REASONS = frozenset({"unreachable", "server_error", "quota_exceeded"})


@dataclass(frozen=True, slots=True)
class Skipped:
    """A browser's word that it sent a request without refreshing. Telemetry: anybody can send it."""

    reason: str
    session_id: str | None


def request_names(name: str, *, leniencies: Leniencies = LENIENT) -> tuple[str, ...]:
    """The names under which a request may have a header, the present one first; the first that is there counts."""
    old = leniency.old_header_name(name) if leniencies.old_header_names else None
    return (name,) if old is None else (name, old)


def challenge_for(session_id: str, challenge: str) -> str:
    """The value of `Secure-Session-Challenge`; without `id` Chromium ends the session (DBSC §8.2)."""
    return f"{sf_string(challenge)};id={sf_string(session_id)}"


def challenges_for(challenges: Iterable[tuple[str, str]]) -> str:
    """One value for several sessions: pairs of session identifier and challenge. Chromium keeps the last of each."""
    return ", ".join(challenge_for(session_id, challenge) for session_id, challenge in challenges)


def sf_string(text: str) -> str:
    """A structured string (RFC 9651 §3.3.3).

    Raises:
        ValueError: characters that none can hold.
    """
    # Challenges and identifiers of ours never need an escape; the serialiser's own checks cost twenty times these.
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return http_sf.ser(text)


def read_proof(value: str, *, leniencies: Leniencies = LENIENT) -> str:
    """The compact JWS in `Secure-Session-Response`, quoted (DBSC §8.3) or raw.

    Raises:
        ProofMalformed: too long, or neither form.
    """
    if len(value) > MAX_COMPACT_CHARS:
        raise ProofMalformed(f"{RESPONSE} is longer than {MAX_COMPACT_CHARS} characters.")
    return _text_of(value, RESPONSE, leniencies)


def read_session_id(value: str, *, leniencies: Leniencies = LENIENT) -> str:
    """The identifier in `Sec-Secure-Session-Id`, quoted (DBSC §8.4) or raw.

    Raises:
        ProofMalformed: empty, too long, or with characters that no identifier of ours has.
    """
    if len(value) > MAX_SESSION_ID_CHARS:
        raise ProofMalformed(f"{SESSION_ID} is longer than {MAX_SESSION_ID_CHARS} characters.")
    session_id = _text_of(value, SESSION_ID, leniencies)
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


def read_client(value: str) -> str:
    """The product and version in `DBSC-Client`, such as `boundgate-extension/1.0`, fit for records.

    Whatever is there declares a client: what is too long or reads otherwise is `UNNAMED_CLIENT`, never raised.
    """
    value = value.strip(" \t")
    return value if len(value) <= MAX_CLIENT_CHARS and _CLIENT.fullmatch(value) else UNNAMED_CLIENT


def _text_of(value: str, header: str, leniencies: Leniencies) -> str:
    value = value.strip(" \t")
    raw = leniency.unquoted_value(value) if leniencies.unquoted_values else None
    if raw is not None:
        return raw
    try:
        parsed: Any = http_sf.parse(value.encode("latin-1", "replace"), tltype="item")
    except StructuredFieldError:
        raise ProofMalformed(f"{header} is not a structured string that can be read.") from None
    item = parsed[0]
    if type(item) is not str:
        raise ProofMalformed(f"{header} is not a string.")
    return item
