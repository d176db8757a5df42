"""What Chromium makes of `Secure-Session-Registration` (DBSC §8.1; Chromium `registration_fetcher_param.cc`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import http_sf
from http_sf import StructuredFieldError, Token

from boundgate.dbsc.hosts import read_origin, unescape

_SUPPORTED = ("ES256", "RS256")
_TEXTS = ("path", "challenge", "authorization", "provider_key", "provider_session_id", "provider_url")
_PROVIDER = _TEXTS[3:]


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the header.

    `endpoint` is where the browser will register, None where it ignores the member; `why` says why it does, and
    `remarks` what is unwise in a member that it takes.
    """

    endpoint: str | None
    why: str | None = None
    remarks: tuple[str, ...] = ()


def read_offer(value: str, url: str) -> tuple[Member, ...] | None:
    """The members of a header value on the answer from `url`; None where the whole header cannot be read.

    Several header lines are one list; CDP has them in one value, a line each.
    """
    try:
        lines = ", ".join(value.split("\n"))
        members: Any = http_sf.parse(lines.encode("latin-1", "replace"), tltype="list")
    except StructuredFieldError:
        return None
    return tuple(_judge(member, parameters, url) for member, parameters in members)


def usable(value: str, url: str) -> bool:
    """Whether the browser will register for it."""
    return any(member.endpoint for member in read_offer(value, url) or ())


def _judge(member: Any, parameters: dict[str, Any], url: str) -> Member:
    if not isinstance(member, list):
        return Member(None, "it is no list of algorithms in parentheses: write (ES256 RS256);path=…")
    tokens = [str(item) for item, _ in member if isinstance(item, Token)]
    algorithms = [name for name in tokens if name in _SUPPORTED]
    if not algorithms:
        return Member(None, "it names neither ES256 nor RS256, as a token without quotes")
    wrong = [name for name in _TEXTS if name in parameters and type(parameters[name]) is not str]
    if wrong:
        return Member(None, f"its parameter {wrong[0]} is no quoted string")
    if "path" not in parameters:
        return Member(None, "it has no path parameter")
    given = [name for name in _PROVIDER if name in parameters]
    if given and len(given) < len(_PROVIDER):
        return Member(None, "of provider_key, provider_session_id and provider_url it needs all three or none")
    return _endpoint(parameters, algorithms, url)


def _endpoint(parameters: dict[str, Any], algorithms: list[str], url: str) -> Member:
    try:
        endpoint = urljoin(url, unescape(parameters["path"]))
    except ValueError:
        return Member(None, "its path is no URL")
    origin, page = read_origin(endpoint), read_origin(url)
    if origin is None or page is None or origin.scheme != "https":
        return Member(None, "its path leads to no https:// URL")
    if origin.site != page.site:
        return Member(None, f"its path leads to {origin}, which is another site than {page}")
    return Member(endpoint, remarks=tuple(_remarks(parameters, algorithms)))


def _remarks(parameters: dict[str, Any], algorithms: list[str]) -> list[str]:
    remarks = []
    if "challenge" not in parameters:
        what = (
            "registers without any proof" if "authorization" not in parameters else "proves its key over no challenge"
        )
        remarks.append(f"It has no challenge, so the browser {what}.")
    elif not parameters["challenge"]:
        remarks.append("Its challenge is empty, so every proof is the same and can be replayed.")
    if algorithms[0] != "ES256" and "ES256" in algorithms:
        remarks.append("RS256 stands first, so the browser makes an RSA key, which is slower and larger.")
    return remarks
