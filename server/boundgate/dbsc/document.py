"""Session instructions read as Chromium reads them (DBSC §9.2 to §9.5; Chromium `session_json_utils`).

A member of the wrong type counts as missing where Chromium has a default for it, and is a refusal where it has none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from boundgate.dbsc.problems import Problem, problem
from boundgate.dbsc.scope import ScopeRule

MAX_DEPTH = 5


@dataclass(frozen=True, slots=True)
class Credential:
    """One entry of `credentials`: a cookie and its attributes as text."""

    name: str
    attributes: str


@dataclass(frozen=True, slots=True)
class Document:
    """Instructions whose every member has a usable type. Empty texts stand for absent members."""

    session_id: str
    include_site: bool
    origin: str
    rules: tuple[ScopeRule, ...]
    refresh_url: str
    credentials: tuple[Credential, ...]
    initiators: tuple[str, ...]


def parse_text(text: bytes | str) -> dict[str, Any] | Problem:
    """The JSON object of a response's body, or why Chromium finds none in it. A byte-order mark is tolerated."""
    if not text:
        return problem("EmptySessionConfig", "the body")
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(decoded.removeprefix("\ufeff"), parse_constant=_refuse)
        if not isinstance(value, dict) or _depth_exceeds(value, MAX_DEPTH):
            return problem("InvalidConfigJson", "the body")
    except (ValueError, RecursionError):
        return problem("InvalidConfigJson", "the body")
    return value


def read_document(document: Mapping[str, Any]) -> tuple[Document | None, list[Problem]]:
    """The typed document, or None and everything that Chromium refuses in it, in the order in which it looks."""
    found: list[Problem] = []
    session_id = _text(document, "session_identifier")
    if not session_id:
        found.append(problem("InvalidSessionId", "session_identifier"))
    if document.get("continue") is False:
        found.append(problem("ServerRequestedTermination", "continue"))
    scope = document.get("scope")
    rules: tuple[ScopeRule, ...] = ()
    if isinstance(scope, dict):
        if not isinstance(scope.get("include_site"), bool):
            found.append(problem("MissingScopeIncludeSite", "scope.include_site"))
        rules = _rules(scope, found)
    else:
        found.append(problem("MissingScope", "scope"))
    credentials = _credentials(document, found)
    initiators = _initiators(document, found)
    if found or not isinstance(scope, dict):
        return None, found
    origin, refresh_url = _text(scope, "origin"), _text(document, "refresh_url")
    return Document(session_id, scope["include_site"], origin, rules, refresh_url, credentials, initiators), []


def _rules(scope: Mapping[str, Any], found: list[Problem]) -> tuple[ScopeRule, ...]:
    entries = scope.get("scope_specification")
    rules = []
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        where = f"scope.scope_specification[{index}]"
        error = _rule_error(entry)
        if error:
            found.append(problem(error, where))
        else:
            rules.append(ScopeRule(entry["type"], _text(entry, "domain", "*"), _text(entry, "path", "/")))
    return tuple(rules)


def _rule_error(entry: Any) -> str | None:
    if not isinstance(entry, dict):
        return "InvalidScopeSpecification"
    if not isinstance(entry.get("type"), str):
        return "MissingScopeSpecificationType"
    if entry.get("domain") == "":
        return "EmptyScopeSpecificationDomain"
    if entry.get("path") == "":
        return "EmptyScopeSpecificationPath"
    if entry["type"] not in {"include", "exclude"}:
        return "InvalidScopeSpecificationType"
    return None


def _credentials(document: Mapping[str, Any], found: list[Problem]) -> tuple[Credential, ...]:
    entries = document.get("credentials")
    if not isinstance(entries, list) or not entries:
        found.append(problem("NoCredentials", "credentials"))
        return ()
    credentials = []
    for index, entry in enumerate(entries):
        error = _credential_error(entry)
        if error:
            found.append(problem(error, f"credentials[{index}]"))
        else:
            credentials.append(Credential(entry["name"], _text(entry, "attributes")))
    return tuple(credentials)


def _credential_error(entry: Any) -> str | None:
    if not isinstance(entry, dict):
        return "InvalidCredentialsConfig"
    if entry.get("type") != "cookie":
        return "InvalidCredentialsType"
    if not _text(entry, "name"):
        return "InvalidCredentialsEmptyName"
    return None


def _initiators(document: Mapping[str, Any], found: list[Problem]) -> tuple[str, ...]:
    entries = document.get("allowed_refresh_initiators")
    if not isinstance(entries, list):
        return ()
    found.extend(
        problem("RefreshInitiatorNotString", f"allowed_refresh_initiators[{index}]")
        for index, entry in enumerate(entries)
        if not isinstance(entry, str)
    )
    return tuple(entry for entry in entries if isinstance(entry, str))


def _text(members: Mapping[str, Any], name: str, default: str = "") -> str:
    value = members.get(name)
    return value if isinstance(value, str) else default


def _depth_exceeds(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    return any(isinstance(value, dict | list) for value in level)


def _refuse(_constant: str) -> NoReturn:
    raise ValueError
