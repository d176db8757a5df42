"""Session instructions that a browser accepts, or none at all (DBSC §9.2).

What Chromium would refuse, and what would make it refresh forever or never, is refused here when the server starts:
nothing on the server would show it later.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from boundgate.dbsc.cookie_attributes import StoredCookie, read_attributes, sent_to, stored
from boundgate.dbsc.credentials import BoundCredential
from boundgate.dbsc.errors import ConfigurationError
from boundgate.dbsc.hosts import Origin, read_origin
from boundgate.dbsc.judge import check_instructions, resolve_refresh_url
from boundgate.dbsc.problems import Problem, problem
from boundgate.dbsc.scope import Scope, ScopeRule, SiteScope, path_of
from boundgate.dbsc.well_known import WELL_KNOWN_PATH

_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_JUDGED_LIFE_SECONDS = 300
_PLACEHOLDER = "ID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """Everything a browser needs to keep a session.

    Args:
        origin: the session's origin, from the settings, never from a Host header; no trailing slash. For a session of
            a site the registrable domain's, such as `https://example.com`.
        refresh_path: where proofs are posted, on the registering host, or an absolute URL of the same site. Chromium
            keeps it and all paths below it out of scope by itself.
        credentials: the cookies; all that a request would carry must be in the jar, else the browser refreshes first.
        excluded_paths: path prefixes whose requests never wait for a refresh, on every host.
        site: makes it a session of the site, shared with the hosts that are listed there and no others.
        rules: further rules, after those that the other arguments make; the last that matches decides.
        allowed_refresh_initiators: hosts of other sites whose pages may make the browser refresh. Each can measure
            whether its visitor has a session here, so name as few as possible.
        registration_origin: whose URL answers registrations, where it is not `origin`.
        protected_paths: paths that must be in scope on the registering host; checked, not written.

    Raises:
        ConfigurationError: all that is wrong, each with what Chromium would do and how to fix it.
    """

    origin: str
    refresh_path: str
    credentials: Sequence[BoundCredential]
    excluded_paths: Sequence[str] = ()
    site: SiteScope | None = None
    rules: Sequence[ScopeRule] = ()
    allowed_refresh_initiators: Sequence[str] = ()
    registration_origin: str | None = None
    protected_paths: Sequence[str] = ()
    scope: Scope = field(init=False, repr=False, compare=False)
    """What it all means: which URLs are in scope, who may make the browser refresh."""
    _before: bytes = field(init=False, repr=False, compare=False)
    _behind: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        origin, registering = read_origin(self.origin), read_origin(self._registration_origin)
        if origin is None or registering is None:
            where = "origin" if origin is None else "registration_origin"
            raise ConfigurationError([problem("InvalidScopeOrigin", where)])
        if origin.scheme != "https":
            raise ConfigurationError([problem("serving_url_not_https", "origin")])
        scope = Scope(
            origin,
            self.site is not None,
            self._all_rules(registering),
            self.refresh_url,
            tuple(self.allowed_refresh_initiators),
        )
        object.__setattr__(self, "scope", scope)
        document = self._document()
        found = list(dict.fromkeys([*self._judged(document), *self._own_problems(registering)]))
        if found:
            raise ConfigurationError(sorted(found, key=lambda one: not one.refused))
        text = json.dumps(document, separators=(",", ":"))
        before, _, behind = text.partition(_PLACEHOLDER)
        object.__setattr__(self, "_before", before.encode())
        object.__setattr__(self, "_behind", behind.encode())

    @property
    def refresh_url(self) -> str:
        """The absolute URL that proofs are posted to."""
        return resolve_refresh_url(self.refresh_path, f"{self._registration_origin}/")

    @property
    def needs_well_known(self) -> bool:
        """Whether registrations succeed only with a document at `well_known_url` that names the registering origin
        (DBSC §8.9): a session of the site, registered on another host than the registrable domain itself."""
        registering = read_origin(self._registration_origin)
        return self.site is not None and registering is not None and registering.host != self.scope.origin.host

    @property
    def well_known_url(self) -> str:
        """Where Chromium looks for it: on the registrable domain, with the registering origin's port."""
        registering = read_origin(self._registration_origin)
        port = registering.port if registering else self.scope.origin.port
        return f"{Origin('https', self.scope.origin.host, port)}{WELL_KNOWN_PATH}"

    def body(self, session_id: str) -> bytes:
        """The JSON document for one session.

        Raises:
            ValueError: an identifier that is not 1 to 128 of A-Z a-z 0-9 _ -, which Chromium would send as raw octets.
        """
        if not _SESSION_ID.fullmatch(session_id):
            raise ValueError("a session identifier has 1 to 128 of the characters A-Z a-z 0-9 _ -")
        return self._before + session_id.encode() + self._behind

    def ended(self, session_id: str) -> bytes:
        """The document that ends a session in the browser (DBSC §9.2, `continue`). The identifier is read first, and
        must be there, or the browser reports an error in place of an end."""
        return json.dumps({"session_identifier": session_id, "continue": False}, separators=(",", ":")).encode()

    @property
    def _registration_origin(self) -> str:
        return self.registration_origin or self.origin

    def _all_rules(self, registering: Origin) -> tuple[ScopeRule, ...]:
        domain = registering.host if self.site is None else "*"
        excluded = (ScopeRule.exclude(domain=domain, path=path) for path in self.excluded_paths)
        shared = self.site.rules(registering.host) if self.site is not None else ()
        return *shared, *excluded, *self.rules

    def _document(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "session_identifier": _PLACEHOLDER,
            "refresh_url": self.refresh_path,
            "scope": {
                "origin": self.origin,
                "include_site": self.site is not None,
                "scope_specification": [
                    {"type": rule.kind, "domain": rule.domain, "path": rule.path} for rule in self.scope.rules
                ],
            },
            "credentials": [
                {"type": "cookie", "name": credential.name, "attributes": credential.attributes}
                for credential in self.credentials
            ],
        }
        if self.allowed_refresh_initiators:
            document["allowed_refresh_initiators"] = list(self.allowed_refresh_initiators)
        return document

    def _judged(self, document: dict[str, Any]) -> list[Problem]:
        """As Chromium sees the registration, and the refresh, which may come from another host."""
        lines = [credential.set_cookie("v", max_age_seconds=_JUDGED_LIFE_SECONDS) for credential in self.credentials]
        registration_url = f"{self._registration_origin}/"
        found = check_instructions(document, serving_url=registration_url, set_cookies=lines)
        refreshing = read_origin(self.refresh_url)
        if not found and refreshing is not None and str(refreshing) != self._registration_origin:
            found = check_instructions(document, serving_url=self.refresh_url, set_cookies=lines)
        return found

    def _own_problems(self, registering: Origin) -> Iterator[Problem]:
        if not self.refresh_path.startswith(("/", "https://", "http://")):
            yield problem("refresh_path_relative", "refresh_path")
        refreshing = read_origin(self.refresh_url)
        if refreshing is not None and refreshing.host != registering.host:
            for credential in self.credentials:
                if credential.domain is None:
                    yield problem("credential_moves", f"credential {credential.name}")
        for path in self.protected_paths:
            if not self.scope.includes(f"{registering}{path}"):
                yield problem("protected_path_excluded", path)
        if self.site is not None:
            yield from self._site_problems(self.site, registering)

    def _site_problems(self, site: SiteScope, registering: Origin) -> Iterator[Problem]:
        hosts = {registering.host, *site.shared_with}
        if len(hosts) == 1:
            yield problem("shared_with_nobody", "site.shared_with")
        cookies = [cookie for cookie in (_as_stored(one, registering) for one in self.credentials) if cookie]
        for host in site.shared_with:
            if "*" in host:
                yield problem("shared_host_pattern", f"site.shared_with {host}")
            elif not any(sent_to(cookie, host) for cookie in cookies):
                yield problem("shared_host_without_cookie", f"site.shared_with {host}")
        for rule in self.rules:
            if rule.kind == "include" and rule.domain not in hosts:
                yield problem("rule_shares_more", f"rule for {rule.domain}")


def _as_stored(credential: BoundCredential, origin: Origin) -> StoredCookie | None:
    attributes = read_attributes(credential.attributes) or {}
    return stored(credential.name, attributes, origin=origin, path=path_of("/"))
