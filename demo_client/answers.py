"""Answers of a server, read with care: what is no JSON, what is a refusal, and what went wrong on the way."""

from __future__ import annotations

import contextlib
import json
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from demo_client.errors import LOG_IN, LoginEnded, NotAServer, Refused, Unreachable

TEXT_LIMIT = 300
SKEW_SECONDS = 30.0
_JWT = re.compile(r"[A-Za-z0-9_=-]{16,}\.[A-Za-z0-9_=-]{16,}\.[A-Za-z0-9_=-]*")
_OPAQUE = re.compile(r"[A-Za-z0-9_-]{40,}")

_REGISTER = "Register one, with `boundgate clients add` or on the account page, and name it with --client-id."
_HINTS = {
    "access_denied": "Nothing was changed. Run the command again if that was a mistake.",
    "invalid_client": _REGISTER,
    "unauthorized_client": _REGISTER,
    "invalid_dpop_proof": "Is this machine's clock right?",
    "invalid_token": LOG_IN,
    "session_revoked": LOG_IN,
    "insufficient_scope": "Log in again: the token was given for less.",
    "step_up_required": "This model asks for a touch that programs cannot give yet: choose another with --model.",
    "model_not_found": "`python -m demo_client models` lists them.",
    "budget_exhausted": "Wait, or ask the operator for a larger budget.",
    "temporarily_unavailable": "Try again in a moment.",
}


def plain(text: str, limit: int = TEXT_LIMIT) -> str:
    """A sentence of a server, fit for a terminal: without what steers one, or looks like a token, and not too long."""
    return _OPAQUE.sub("…", printable(text, limit))


def printable(text: str, limit: int = TEXT_LIMIT) -> str:
    """A value of a server, such as a thumbprint: without control characters and signed tokens, and not too long."""
    cleaned = _JWT.sub("…", "".join(char if char.isprintable() else " " for char in text)).strip()
    return cleaned if len(cleaned) <= limit else f"{cleaned[:limit]}…"


def json_object(response: httpx.Response) -> Mapping[str, Any]:
    """The body; empty where there is none (RFC 7009 §2.2). Raises NotAServer."""
    if not response.content:
        return {}
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        host = urlsplit(str(response.request.url)).netloc
        raise NotAServer(f"{host} answered {response.status_code} with no JSON object.", "Is it a Boundgate?")
    return document


def refusal(code: str, description: str, status: int) -> Refused:
    """What a server said no with, as an error for a person."""
    word = plain(code, 60) or f"HTTP {status}"
    sentence = plain(description) or "the server gave no reason."
    kind = LoginEnded if word in {"invalid_token", "session_revoked"} else Refused
    return kind(word, f"{word}: {sentence}", _HINTS.get(word, ""), status=status)


def api_refusal(response: httpx.Response) -> Refused:
    """An answer of `/v1` or of a page that is no success: the OpenAI envelope, RFC 6749 or RFC 9457."""
    document = json_object(response)
    error = document.get("error")
    if isinstance(error, dict):
        code, sentence = error.get("code") or error.get("type"), error.get("message")
    else:
        code = error or document.get("code") or document.get("title")
        sentence = document.get("error_description") or document.get("detail")
    found = refusal(str(code or ""), str(sentence or ""), response.status_code)
    if response.status_code == 401 and (skew := clock_skew(response)):
        found.hint = f"This machine's clock is {skew:+.0f} s off the server's: set it right."
    return found


def clock_skew(response: httpx.Response, clock: Callable[[], float] = time.time) -> float | None:
    """Seconds by which this machine is ahead of the server's `Date`; None where that is little or unknown."""
    try:
        theirs = parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return None
    ahead = clock() - theirs
    return ahead if abs(ahead) > SKEW_SECONDS else None


@contextlib.contextmanager
def sending(url: str, *, again: bool = False) -> Iterator[None]:
    """Turns what httpx raises into a sentence.

    Args:
        url: where to.
        again: swallow a lost answer, because the caller sends once more.

    Raises:
        Unreachable: there was no answer.
    """
    host = urlsplit(url).netloc
    try:
        yield
    except httpx.HTTPError as error:
        if again:
            return
        if any(isinstance(cause, ssl.SSLError) for cause in _causes(error)) or "CERTIFICATE_VERIFY" in str(error):
            raise Unreachable(f"the certificate of {host} is not trusted here.", _CERTIFICATE) from None
        if isinstance(error, httpx.TimeoutException):
            raise Unreachable(f"{host} did not answer in time.", "Try again.") from None
        raise Unreachable(f"no connection to {host}.", "Is the server running, and is --server right?") from None


_CERTIFICATE = (
    "Name its authority with --ca-file; a development server on this machine keeps it in .boundgate/tls/ca.pem."
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
