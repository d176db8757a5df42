"""Which requests a session cares for, and who may make the browser refresh for them (DBSC §8.6, §8.7).

As in Chromium's `session_inclusion_rules`: origin or site first, then the rules from the last to the first, the first
that matches deciding, and inclusion where none does. The refresh URL's path prefix is excluded before all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin

from boundgate.dbsc.hosts import Origin, is_valid_pattern, matches_pattern, read_origin, registrable_domain, split_url

if TYPE_CHECKING:
    from boundgate.dbsc.instructions import Instructions


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """Requests that are in scope, or are not: a host pattern and a path prefix that ends at a slash."""

    kind: Literal["include", "exclude"]
    domain: str = "*"
    path: str = "/"

    @classmethod
    def include(cls, *, domain: str = "*", path: str = "/") -> ScopeRule:
        """Requests whose bound cookies are kept fresh."""
        return cls("include", domain, path)

    @classmethod
    def exclude(cls, *, domain: str = "*", path: str = "/") -> ScopeRule:
        """Requests that never wait for a refresh."""
        return cls("exclude", domain, path)

    def matches(self, host: str, path: str) -> bool:
        """Whether a URL with this host and path falls under the rule; its port does not matter."""
        return matches_pattern(self.domain, host) and path_under(path, self.path)


@dataclass(frozen=True, slots=True)
class SiteScope:
    """A session of a whole site, shared by name: the registering host and these, and no other host.

    Whoever controls a host in here controls the session's cookies, since Domain cookies go to every host below the
    domain; what this list limits is for whose requests the browser refreshes.
    """

    shared_with: Sequence[str]

    def rules(self, registering_host: str) -> tuple[ScopeRule, ...]:
        """Exclude all of the site, then include the listed hosts; later rules win."""
        hosts = dict.fromkeys((registering_host, *self.shared_with))
        return ScopeRule.exclude(), *(ScopeRule.include(domain=host) for host in hosts)


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything that decides whether a request is in scope.

    `initiators` are the host patterns of `allowed_refresh_initiators`; `refresh_url` is absolute.
    """

    origin: Origin
    include_site: bool
    rules: tuple[ScopeRule, ...]
    refresh_url: str
    initiators: tuple[str, ...] = ()

    def includes(self, url: str) -> bool:
        """Whether a request for `url` is in scope. WebSocket handshakes count as https."""
        if url[:6].lower() == "wss://":
            url = f"https://{url[6:]}"
        origin = read_origin(url)
        if origin is None or not self._covers(origin):
            return False
        path = path_of(url)
        for rule in (*self._refresh_rule(), *reversed(self.rules)):
            if rule.matches(origin.host, path):
                return rule.kind == "include"
        return True

    def may_initiate(self, initiator: str | None) -> bool:
        """Whether a request that this origin started makes the browser refresh; None for the browser's own, such as
        the address bar. `null`, a sandboxed frame's, never does."""
        if initiator is None:
            return True
        origin = read_origin(initiator)
        if origin is None:
            return False
        return self._covers(origin) or any(matches_pattern(pattern, origin.host) for pattern in self.initiators)

    def _covers(self, origin: Origin) -> bool:
        return origin.site == self.origin.site if self.include_site else origin == self.origin

    def _refresh_rule(self) -> tuple[ScopeRule, ...]:
        # Chromium adds it as the last rule and does without it where it would not be a valid one.
        origin = read_origin(self.refresh_url)
        if origin is None or pattern_mismatch(origin.host, self.origin, include_site=self.include_site):
            return ()
        return (ScopeRule.exclude(domain=origin.host, path=path_of(self.refresh_url)),)


def in_scope(url: str, instructions: Instructions) -> bool:
    """Whether the browser keeps the bound cookies fresh for a request to `url`, an absolute one."""
    return instructions.scope.includes(url)


def path_under(path: str, prefix: str) -> bool:
    """Whether a path is the prefix or lies below it: `/dbsc` covers `/dbsc` and `/dbsc/x`, not `/dbscx`."""
    return path.startswith(prefix) and (len(path) == len(prefix) or prefix.endswith("/") or path[len(prefix)] == "/")


def path_of(url: str) -> str:
    """A URL's path without dot segments, `/` where it has none."""
    parts = split_url(url)
    return urljoin("https://host/", parts.path if parts else "").removeprefix("https://host") or "/"


def pattern_mismatch(pattern: str, origin: Origin, *, include_site: bool) -> str | None:
    """Chromium's name for what is wrong with the host pattern of a rule for this origin; None where nothing is."""
    if not is_valid_pattern(pattern):
        return "InvalidScopeRuleHostPattern"
    if matches_pattern(pattern, origin.host):
        return None
    if not include_site:
        return "ScopeRuleOriginScopedHostPatternMismatch"
    if registrable_domain(pattern.removeprefix("*.")) != registrable_domain(origin.host):
        return "ScopeRuleSiteScopedHostPatternMismatch"
    return None
