"""Judges session instructions as Chromium 156 does: any server's answer, ours at start-up.

The first problem in the list is the one that Chromium names. What it accepts to no good comes behind all that it
refuses. Not judged is what needs another request: the well-known document of a site-scoped session.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from boundgate.dbsc.cookie_attributes import (
    MAX_COOKIE_OCTETS,
    PERMITTED_ATTRIBUTES,
    StoredCookie,
    keeps_prefix,
    read_attributes,
    split_set_cookie,
    stored,
)
from boundgate.dbsc.document import Credential, Document, parse_text, read_document
from boundgate.dbsc.hosts import (
    Origin,
    canonical_host,
    is_ip_address,
    is_valid_pattern,
    read_origin,
    registrable_domain,
    split_url,
    unescape,
)
from boundgate.dbsc.problems import Problem, problem
from boundgate.dbsc.scope import Scope, path_of, pattern_mismatch

PROACTIVE_REFRESH_SECONDS = 120
"""Chromium refreshes ahead for a cookie with no more than this to live."""

_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_NO_COOKIE_NAME = re.compile(r"[\x00-\x1f\x7f;=]")
_NO_PATH = re.compile(r"[?#*\s]|[^\x00-\x7f]|(?:^|/)\.{1,2}(?:/|$)")
_MAX_AGE = re.compile(r"-?[0-9]+")


@dataclass(frozen=True, slots=True)
class _Served:
    """Where a document came from, and what it makes of that."""

    document: Document
    url: str
    serving: Origin
    origin: Origin

    @property
    def refresh_url(self) -> str:
        return resolve_refresh_url(self.document.refresh_url, self.url)


def check_answer(
    body: bytes | str,
    *,
    serving_url: str,
    set_cookies: Sequence[str] | None = None,
    expected_session_id: str | None = None,
) -> list[Problem]:
    """The problems of a response's body, read from its octets; the arguments are those of `check_instructions`."""
    document = parse_text(body)
    if isinstance(document, Problem):
        return [document]
    return check_instructions(
        document, serving_url=serving_url, set_cookies=set_cookies, expected_session_id=expected_session_id
    )


def check_instructions(
    document: Mapping[str, Any],
    *,
    serving_url: str,
    set_cookies: Sequence[str] | None = None,
    expected_session_id: str | None = None,
) -> list[Problem]:
    """Everything that Chromium would refuse, and everything that would make it refresh forever or never.

    Args:
        document: the instructions, as parsed from JSON.
        serving_url: the absolute URL whose answer carries them, after redirects.
        set_cookies: the `Set-Cookie` values of that answer; None where they are not known and not to be judged.
        expected_session_id: on a refresh, the session that was refreshed.

    Returns:
        The problems, the one that Chromium names first; empty where all is well.

    Raises:
        ValueError: `serving_url` is not an absolute http or https URL.
    """
    serving = read_origin(serving_url)
    if serving is None:
        raise ValueError("serving_url is not an absolute http or https URL")
    typed, found = read_document(document)
    session_id = document.get("session_identifier")
    if expected_session_id is not None and session_id != expected_session_id and isinstance(session_id, str):
        found.insert(0, problem("MismatchedSessionId", "session_identifier"))
    if typed is None or found:
        return found
    origin = read_origin(typed.origin) if typed.origin else serving
    if origin is None:
        return [_unreadable_origin(typed.origin)]
    served = _Served(typed, serving_url, serving, origin)
    found = [*_origin(served), *_refresh_url(served), *_rules(served)]
    cookies = _credentials(served, found)
    found += [*_initiators(typed), *_storable(cookies), *_harmless_or_not(served)]
    if set_cookies is not None and None not in cookies:
        found += _set_cookies(served, [cookie for cookie in cookies if cookie], set_cookies)
    return sorted(found, key=lambda one: not one.refused)


def resolve_refresh_url(refresh_url: str, serving_url: str) -> str:
    """The absolute refresh URL; a missing one means the serving URL, and an unreadable one is returned as it is."""
    try:
        return urljoin(serving_url, unescape(refresh_url.strip()))
    except ValueError:
        return refresh_url


def _unreadable_origin(text: str) -> Problem:
    parts = split_url(text)
    # Origins of these schemes can be read, and are of another site than any https one.
    foreign = parts is not None and parts.scheme in {"ws", "wss", "ftp"} and parts.hostname
    return problem("ScopeOriginSameSiteMismatch" if foreign else "InvalidScopeOrigin", "scope.origin")


def _origin(served: _Served) -> Iterator[Problem]:
    text, where = served.document.origin, "scope.origin"
    parts = split_url(text)
    if text and parts is not None and (parts.path not in {"", "/"} or text.strip().endswith("/")):
        yield problem("ScopeOriginContainsPath", where)
    elif text and text != str(served.origin):
        yield problem("origin_not_canonical", where)
    if served.origin.site != served.serving.site:
        yield problem("ScopeOriginSameSiteMismatch", where)
    elif served.origin != served.serving and not served.document.include_site:
        yield problem("CrossOriginRegistrationSiteNotIncluded", where)


def _refresh_url(served: _Served) -> Iterator[Problem]:
    origin = read_origin(served.refresh_url)
    if origin is None or not (origin.scheme == "https" or _is_loopback(origin.host)):
        yield problem("InvalidRefreshUrl", "refresh_url")
    elif origin.site != served.serving.site:
        yield problem("RefreshUrlSameSiteMismatch", "refresh_url")


def _rules(served: _Served) -> Iterator[Problem]:
    document, origin = served.document, served.origin
    if document.include_site and registrable_domain(origin.host) != origin.host:
        yield problem("InvalidScopeIncludeSite", "scope.include_site")
        return
    for index, rule in enumerate(document.rules):
        where = f"scope.scope_specification[{index}]"
        mismatch = pattern_mismatch(rule.domain, origin, include_site=document.include_site)
        if not rule.path.startswith("/"):
            yield problem("InvalidScopeRulePath", f"{where}.path")
        elif mismatch:
            yield problem(mismatch, f"{where}.domain")
        elif _NO_PATH.search(rule.path):
            yield problem("rule_never_matches", f"{where}.path")
        elif rule.domain != "*" and canonical_host(host := rule.domain.removeprefix("*.")) != host:
            yield problem("rule_never_matches", f"{where}.domain")


def _credentials(served: _Served, found: list[Problem]) -> list[StoredCookie | None]:
    cookies = []
    for index, credential in enumerate(served.document.credentials):
        error, cookie = _credential(credential, served)
        if error:
            found.append(problem(error, f"credentials[{index}]"))
        cookies.append(cookie)
    return cookies


def _credential(credential: Credential, served: _Served) -> tuple[str | None, StoredCookie | None]:
    """Chromium's name for what is wrong, in its order, or the cookie that the credential asks for."""
    if _NO_COOKIE_NAME.search(credential.name):
        return "InvalidCredentialsCookieName", None
    attributes = read_attributes(credential.attributes)
    if attributes is None or len(credential.name.encode("utf-8", "replace")) >= MAX_COOKIE_OCTETS:
        return "InvalidCredentialsCookieParsing", None
    if attributes.keys() - PERMITTED_ATTRIBUTES:
        return "InvalidCredentialsCookieUnpermittedAttribute", None
    cookie = stored(credential.name.strip(" \t"), attributes, origin=served.serving, path=path_of(served.url))
    if cookie is None:
        return "InvalidCredentialsCookieInvalidDomain", None
    if not keeps_prefix(cookie, attributes, origin=served.serving):
        return "InvalidCredentialsCookiePrefix", None
    if cookie.name.lower().startswith("__host-http-") and not is_ip_address(served.serving.host):
        return "InvalidCredentialsCookie", None
    return None, cookie


def _initiators(document: Document) -> Iterator[Problem]:
    for index, pattern in enumerate(document.initiators):
        where = f"allowed_refresh_initiators[{index}]"
        if not is_valid_pattern(pattern):
            yield problem("RefreshInitiatorInvalidHostPattern", where)
        elif not pattern.startswith("[") and re.search(r"[:/A-Z\s]", pattern):
            yield problem("initiator_never_matches", where)


def _storable(cookies: Sequence[StoredCookie | None]) -> Iterator[Problem]:
    unstorable = [index for index, cookie in enumerate(cookies) if cookie and not cookie.storable]
    if len(unstorable) == len(cookies):
        yield problem("BoundCookieSetForbidden", "credentials")
        return
    yield from (problem("credential_not_storable", f"credentials[{index}]") for index in unstorable)
    seen: dict[tuple[str, str, str], StoredCookie] = {}
    for index, cookie in enumerate(cookies):
        if cookie and seen.setdefault((cookie.name, cookie.domain, cookie.path), cookie) != cookie:
            yield problem("credential_twice", f"credentials[{index}]")


def _harmless_or_not(served: _Served) -> Iterator[Problem]:
    document = served.document
    if served.serving.scheme != "https":
        yield problem("serving_url_not_https", "the serving URL")
    if not _SESSION_ID.fullmatch(document.session_id):
        yield problem("session_identifier_characters", "session_identifier")
    own_refresh = read_origin(served.refresh_url) == served.origin
    if not document.include_site and own_refresh and path_of(served.refresh_url) == "/":
        yield problem("refresh_url_covers_scope", "refresh_url")
    if _is_empty(served):
        yield problem("scope_is_empty", "scope.scope_specification")


def _is_empty(served: _Served) -> bool:
    document = served.document
    for rule in reversed(document.rules):
        if rule.kind == "include":
            return False
        if rule.path == "/" and (rule.domain == "*" or not document.include_site):
            return True
    return False


def _set_cookies(served: _Served, cookies: Sequence[StoredCookie], lines: Sequence[str]) -> Iterator[Problem]:
    jar: dict[tuple[str, str, str], tuple[StoredCookie, int | None]] = {}
    for line in lines:
        taken = _taken(line, served)
        if taken:
            jar[taken[0].name, taken[0].domain, taken[0].path] = taken
    for index, cookie in enumerate(cookies):
        where = f"credentials[{index}]"
        named = [(candidate, life) for candidate, life in jar.values() if candidate.name == cookie.name]
        lives = [life for candidate, life in named if candidate == cookie]
        if not any(life is None or life > 0 for _, life in named):
            yield problem("cookie_missing", where)
        elif not lives:
            yield problem("cookie_mismatch", where, ", ".join(cookie.differs_in(named[0][0])))
        elif lives[0] is not None and lives[0] <= PROACTIVE_REFRESH_SECONDS:
            yield problem("cookie_life_too_short", where, f"{lives[0]} s")


def _taken(line: str, served: _Served) -> tuple[StoredCookie, int | None] | None:
    """The cookie that the browser stores for a line, and its Max-Age; None where it drops the line."""
    split = split_set_cookie(line)
    if split is None:
        return None
    name, attributes = split
    cookie = stored(name, attributes, origin=served.serving, path=path_of(served.url))
    if cookie is None or not cookie.storable or not keeps_prefix(cookie, attributes, origin=served.serving):
        return None
    max_age = attributes.get("max-age", "")
    return cookie, int(max_age[:12]) if _MAX_AGE.fullmatch(max_age) else None


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "[::1]"} or host.endswith(".localhost") or (is_ip_address(host) and host[:4] == "127.")


def scope_of(document: Document, serving_url: str) -> Scope | None:
    """The scope that a document asks for; None where its origin cannot be read."""
    origin = read_origin(document.origin or serving_url)
    if origin is None:
        return None
    refresh_url = resolve_refresh_url(document.refresh_url, serving_url)
    return Scope(origin, document.include_site, document.rules, refresh_url, document.initiators)
