"""DBSC's own requests and their answers, read from the browser's net log.

They go past the part of the browser that CDP reports on. The log is Chromium's own (`--log-net-log`, with bodies); it
holds everything that the page exchanged, lies where only its owner may read, and is deleted with the profile.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_SENT = {
    "HTTP_TRANSACTION_SEND_REQUEST_HEADERS",
    "HTTP_TRANSACTION_HTTP2_SEND_REQUEST_HEADERS",
    "HTTP_TRANSACTION_QUIC_SEND_REQUEST_HEADERS",
}
_RECEIVED = "HTTP_TRANSACTION_READ_RESPONSE_HEADERS"
_BYTES = "URL_REQUEST_JOB_FILTERED_BYTES_READ"
_COOKIE = "COOKIE_INCLUSION_STATUS"
_PURPOSES = {"DBSC_REGISTRATION_REQUEST": "registration", "DBSC_REFRESH_REQUEST": "refresh"}

WELL_KNOWN = "/.well-known/device-bound-sessions"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request of DBSC and its answer.

    Args:
        purpose: `registration`, `refresh`, or `well_known` for the document that a registration asks for.
        url: where it was sent.
        sent, received: header fields in their order on the wire.
        status: None where no answer came.
        body: as the browser read it, decoded.
        refused_cookies: names of cookies in the answer that the browser did not store, with its reasons.
    """

    purpose: str
    url: str
    sent: Headers
    status: int | None = None
    received: Headers = ()
    body: bytes = b""
    refused_cookies: tuple[tuple[str, str], ...] = ()

    def received_all(self, name: str) -> list[str]:
        """Every value of a header field of the answer."""
        return [value for field_name, value in self.received if field_name.lower() == name.lower()]

    def sent_value(self, name: str) -> str | None:
        """A header field of the request."""
        return next((value for field_name, value in self.sent if field_name.lower() == name.lower()), None)


@dataclass(slots=True)
class _Source:
    """The requests that one source of the log made; redirects and repetitions share one."""

    url: str = ""
    purpose: str = ""
    exchanges: list[dict[str, Any]] = field(default_factory=list)


def read_net_log(path: Path) -> tuple[Exchange, ...]:
    """The exchanges in a log, in the order in which they were begun; none where it cannot be read."""
    document = _load(path)
    constants = document.get("constants")
    events = document.get("events")
    if not isinstance(constants, dict) or not isinstance(events, list):
        return ()
    names = {number: name for name, number in constants.get("logEventTypes", {}).items()}
    sources: dict[Any, _Source] = {}
    for event in events:
        if isinstance(event, dict):
            _take(sources, names.get(event.get("type"), ""), event)
    found = [
        (exchange.pop("at"), Exchange(purpose=_purpose(source.purpose, exchange["url"]), **exchange))
        for source in sources.values()
        if source.purpose
        for exchange in source.exchanges
    ]
    return tuple(exchange for _, exchange in sorted(found, key=lambda pair: pair[0]))


def _purpose(purpose: str, url: str) -> str:
    # Chromium fetches the document for the sake of a registration, and logs it as one.
    return "well_known" if urlsplit(url).path == WELL_KNOWN else purpose


def _load(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    # A browser that was killed leaves the last brackets out.
    for candidate in (text, text.rstrip().rstrip(",") + "]}"):
        try:
            document = json.loads(candidate)
        except ValueError:
            continue
        return document if isinstance(document, dict) else {}
    return {}


def _take(sources: dict[Any, _Source], name: str, event: Mapping[str, Any]) -> None:
    params = event.get("params")
    if not isinstance(params, dict):
        return
    if name in _PURPOSES:
        caused = params.get("source_dependency", {}).get("id")
        sources.setdefault(caused, _Source()).purpose = _PURPOSES[name]
        return
    source = sources.setdefault(event.get("source", {}).get("id"), _Source())
    if name == "URL_REQUEST_START_JOB" and "url" in params:
        source.url = params["url"]
    elif name in _SENT:
        sent = tuple(_fields(params.get("headers", ())))
        source.exchanges.append({"at": int(event.get("time", 0)), "url": source.url, "sent": sent})
    elif source.exchanges:
        _answer(source.exchanges[-1], name, params)


def _answer(exchange: dict[str, Any], name: str, params: Mapping[str, Any]) -> None:
    if name == _RECEIVED:
        status, *lines = params.get("headers") or [""]
        exchange |= {"status": _status(status), "received": tuple(_fields(lines)), "body": b""}
    elif name == _BYTES:
        exchange["body"] = exchange.get("body", b"") + _octets(params.get("bytes", ""))
    elif name == _COOKIE and params.get("operation") == "store" and not str(params.get("status")).startswith("INCLUDE"):
        reasons = str(params.get("status")).partition(", DO_NOT_WARN")[0]
        exchange["refused_cookies"] = (*exchange.get("refused_cookies", ()), (str(params.get("name")), reasons))


def _fields(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        # HTTP/2 has pseudo header fields, whose names begin with the colon.
        name, _, value = line.removeprefix(":").partition(": ")
        if not line.startswith(":"):
            yield name, value


def _status(line: str) -> int | None:
    words = line.split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else None


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""
