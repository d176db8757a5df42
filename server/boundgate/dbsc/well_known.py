"""The document at `/.well-known/device-bound-sessions` (DBSC §8.9): who may register for a site, and which sites share
keys. Written so that Chromium honours it, and read as Chromium reads it.

Chromium fetches it without cookies and follows no hint from us: 200, JSON, at the registrable domain for registrations
from below it, and at both origins for a federated one. It compares origins as strings, so a slash at the end loses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from boundgate.dbsc.document import parse_text
from boundgate.dbsc.errors import ConfigurationError
from boundgate.dbsc.hosts import Origin, read_origin, registrable_domain
from boundgate.dbsc.problems import Problem, problem

WELL_KNOWN_PATH = "/.well-known/device-bound-sessions"
MAX_RELYING_LABELS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class WellKnown:
    """The document of one origin.

    Args:
        origin: the origin that serves it.
        registering_origins: origins below it that may register sessions of the whole site.
        relying_origins: as a provider, the origins that may use the keys of its sessions.
        provider_origin: as a relying party, the provider whose keys it uses.
        body: the document itself, for `Content-Type: application/json`.

    Raises:
        ConfigurationError: whatever Chromium would not honour, each with its reason.
    """

    origin: str
    registering_origins: Sequence[str] = ()
    relying_origins: Sequence[str] = ()
    provider_origin: str | None = None
    body: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = list(self._problems())
        if found:
            raise ConfigurationError(sorted(found, key=lambda one: not one.refused))
        members: dict[str, Any] = {
            "registering_origins": list(self.registering_origins),
            "relying_origins": list(self.relying_origins),
            "provider_origin": self.provider_origin,
        }
        # A relying party's document that names relying origins at all, even none, is refused; likewise the other way.
        document = {name: value for name, value in members.items() if value}
        object.__setattr__(self, "body", json.dumps(document, separators=(",", ":")).encode())

    def _problems(self) -> Iterator[Problem]:
        own = _exact(self.origin)
        if own is None:
            yield problem("well_known_origin", "origin")
            return
        if not (self.registering_origins or self.relying_origins or self.provider_origin):
            yield problem("well_known_empty", "the document")
        if self.relying_origins and self.provider_origin:
            yield problem("SessionProviderWellKnownHasProviderOrigin", "provider_origin")
        yield from self._registering(own)
        for index, text in enumerate(self.relying_origins):
            if _exact(text) is None:
                yield problem("FederatedNotAuthorizedByProvider", f"relying_origins[{index}]")
        if len(_labels(self.relying_origins)) > MAX_RELYING_LABELS:
            yield problem("TooManyRelyingOriginLabels", "relying_origins")
        if self.provider_origin is not None and _exact(self.provider_origin) is None:
            yield problem("FederatedNotAuthorizedByRelyingParty", "provider_origin")

    def _registering(self, own: Origin) -> Iterator[Problem]:
        if self.registering_origins and registrable_domain(own.host) != own.host:
            yield problem("well_known_not_apex", "origin")
        for index, text in enumerate(self.registering_origins):
            where, origin = f"registering_origins[{index}]", _exact(text)
            if origin is None:
                yield problem("SubdomainRegistrationUnauthorized", where)
            elif origin.site != own.site:
                yield problem("well_known_other_site", where)
            elif origin.port != own.port:
                yield problem("well_known_other_port", where)


def check_registration_allowed(body: bytes | str, *, registering_origin: str) -> list[Problem]:
    """Why Chromium would not register a session of the site from this origin, by the site's document; empty if it
    would."""
    document = _read(body)
    if document is None:
        return [problem("SubdomainRegistrationWellKnownMalformed", "the document")]
    if registering_origin not in document.get("registering_origins", ()):
        return [problem("SubdomainRegistrationUnauthorized", "registering_origins")]
    return []


def check_federation_allowed(
    provider_body: bytes | str, relying_body: bytes | str, *, provider_origin: str, relying_origin: str
) -> list[Problem]:
    """Why Chromium would not let the relying party use the provider's key, by both documents; the provider's first."""
    provider, relying = _read(provider_body), _read(relying_body)
    found = []
    if provider is None:
        found.append(problem("SessionProviderWellKnownMalformed", "the provider's document"))
    elif "provider_origin" in provider:
        found.append(problem("SessionProviderWellKnownHasProviderOrigin", "the provider's document"))
    else:
        refusal = _relying_refusal(provider.get("relying_origins", ()), relying_origin)
        found += [problem(refusal, "the provider's document")] if refusal else []
    if relying is None:
        found.append(problem("RelyingPartyWellKnownMalformed", "the relying party's document"))
    elif "relying_origins" in relying:
        found.append(problem("RelyingPartyWellKnownHasRelyingOrigins", "the relying party's document"))
    elif relying.get("provider_origin") != provider_origin:
        found.append(problem("FederatedNotAuthorizedByRelyingParty", "the relying party's document"))
    return found


def _relying_refusal(origins: Sequence[str], wanted: str) -> str | None:
    """Chromium reads in order and passes over origins of a sixth label; the wanted one may stand before."""
    labels: set[str] = set()
    too_many = False
    for origin in origins:
        labels_then = labels | _labels([origin])
        if len(labels_then) > MAX_RELYING_LABELS:
            too_many = True
        elif origin == wanted:
            return None
        else:
            labels = labels_then
    return "TooManyRelyingOriginLabels" if too_many else "FederatedNotAuthorizedByProvider"


def _read(body: bytes | str) -> dict[str, Any] | None:
    document = parse_text(body)
    if isinstance(document, Problem):
        return None
    lists = (document.get(name, []) for name in ("registering_origins", "relying_origins"))
    typed = all(isinstance(value, list) and all(isinstance(one, str) for one in value) for value in lists)
    return document if typed and isinstance(document.get("provider_origin", ""), str) else None


def _exact(text: str) -> Origin | None:
    """The https origin of a text that is its exact serialization (HTML §7.1.1), else None."""
    origin = read_origin(text)
    return origin if origin is not None and origin.scheme == "https" and str(origin) == text else None


def _labels(origins: Sequence[str]) -> set[str]:
    """The labels that Chromium counts: `example` of `https://app.example.co.uk`."""
    found = (read_origin(text) for text in origins)
    return {(registrable_domain(origin.host) or origin.host).partition(".")[0] for origin in found if origin}
