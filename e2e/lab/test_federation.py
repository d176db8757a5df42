"""Federated registration: a relying party's session under the key of a provider's session (DBSC §8.9).

The provider's session is already in the browser; the relying party's offer names it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from e2e.lab.proofs import header, thumbprint
from e2e.lab.site import Site
from e2e.lab.stub import WELL_KNOWN, Stub
from e2e.lab.visit import Visit
from e2e.lab.wire import NOTHING, Answer, json_answer, offer, page


@dataclass(frozen=True, slots=True)
class Federation:
    """Two sites that vouch for each other, and the thumbprint of the key that the provider's session has."""

    visit: Visit
    provider: Site
    party: Site
    key: str

    def register(self, **offered: str) -> str:
        """Go to the relying party, which offers a session under the provider's key; what the browser says."""
        named = {"provider_key": self.key, "provider_session_id": "s1", "provider_url": self.provider.origin}
        self.party.on("/login", page(offer(**named | offered)))
        self.party.on("/reg", self.party.config("party-1"))
        before = len(self.visit.events)
        self.visit.goto(self.party.url("/login"))
        return str(self.visit.wait_for("creation", after=before)[0]["details"]["fetchResult"])


@pytest.fixture
def federation(site: Site, stub: Stub, visit: Visit) -> Federation:
    party = Site(stub, f"party-{site.host}")
    site.bind(visit)
    site.on(WELL_KNOWN, json_answer({"relying_origins": [party.origin]}))
    party.on(WELL_KNOWN, json_answer({"provider_origin": site.origin}))
    return Federation(visit, site, party, thumbprint(site.seen("/reg")[0].proof or ""))


def test_the_party_gets_a_session_of_its_own_under_the_providers_key(federation: Federation) -> None:
    assert federation.register() == "Success"
    [registration] = federation.party.seen("/reg")
    assert thumbprint(registration.proof or "") == federation.key
    ids = {session["key"]["id"] for session in federation.visit.sessions()}
    assert ids == {"s1", "party-1"}
    hosts = {federation.provider.host, federation.party.host}
    asked = [(seen.host, seen.path) for seen in federation.party.stub.all_seen() if seen.host in hosts]
    documents = [(federation.provider.host, WELL_KNOWN), (federation.party.host, WELL_KNOWN)]
    assert [entry for entry in asked if entry[1] in {WELL_KNOWN, "/reg"}] == [
        (federation.provider.host, "/reg"),
        *documents,
        (federation.party.host, "/reg"),
    ], "both documents are read before a proof is sent"


def test_the_key_decides_the_algorithm_whatever_was_offered(federation: Federation) -> None:
    assert federation.register(algorithms="RS256") == "Success"
    [registration] = federation.party.seen("/reg")
    assert header(registration.proof or "")["alg"] == "ES256"


OFFERS: dict[str, tuple[dict[str, Any], str]] = {
    "another-key": ({"provider_key": "A" * 43}, "FederatedKeyThumbprintMismatch"),
    "another-session": ({"provider_session_id": "s2"}, "InvalidFederatedSessionProviderSessionMissing"),
    "another-host-of-the-provider": ({"provider_url": "below"}, "InvalidFederatedSessionWrongProviderOrigin"),
}


@pytest.mark.parametrize("wrong", OFFERS)
def test_an_offer_is_refused_that_names(wrong: str, federation: Federation) -> None:
    offered, expected = OFFERS[wrong]
    if "provider_url" in offered:
        offered = {"provider_url": federation.provider.below("app").origin}
    assert federation.register(**offered) == expected
    assert federation.party.seen() == federation.party.seen("/login"), "no request was made for it"


def test_the_providers_url_may_have_a_path(federation: Federation) -> None:
    assert federation.register(provider_url=federation.provider.url("/sessions")) == "Success"


Document = Callable[[Site, Site], Answer]
PROVIDER: dict[str, tuple[Document, str]] = {
    "is-missing": (lambda _, __: NOTHING, "SessionProviderWellKnownUnavailable"),
    "is-no-json": (lambda _, __: page(), "SessionProviderWellKnownMalformed"),
    "names-nobody": (lambda _, __: json_answer({}), "FederatedNotAuthorizedByProvider"),
    "names-another-party": (
        lambda _, __: json_answer({"relying_origins": ["https://other.test"]}),
        "FederatedNotAuthorizedByProvider",
    ),
    "names-the-party-with-a-slash": (
        lambda _, party: json_answer({"relying_origins": [f"{party.origin}/"]}),
        "FederatedNotAuthorizedByProvider",
    ),
    "has-a-provider-itself": (
        lambda _, party: json_answer({"relying_origins": [party.origin], "provider_origin": "https://other.test"}),
        "SessionProviderWellKnownHasProviderOrigin",
    ),
}
PARTY: dict[str, tuple[Document, str]] = {
    "is-missing": (lambda _, __: NOTHING, "RelyingPartyWellKnownUnavailable"),
    "is-no-json": (lambda _, __: page(), "RelyingPartyWellKnownMalformed"),
    "names-nobody": (lambda _, __: json_answer({}), "FederatedNotAuthorizedByRelyingParty"),
    "names-another-provider": (
        lambda _, __: json_answer({"provider_origin": "https://other.test"}),
        "FederatedNotAuthorizedByRelyingParty",
    ),
    "names-the-provider-with-a-slash": (
        lambda provider, _: json_answer({"provider_origin": f"{provider.origin}/"}),
        "FederatedNotAuthorizedByRelyingParty",
    ),
    "is-also-a-providers": (
        lambda provider, _: json_answer({"provider_origin": provider.origin, "relying_origins": ["https://x.test"]}),
        "RelyingPartyWellKnownHasRelyingOrigins",
    ),
}


@pytest.mark.parametrize("document", PROVIDER)
def test_refused_where_the_providers_document(document: str, federation: Federation) -> None:
    answer, expected = PROVIDER[document]
    federation.provider.on(WELL_KNOWN, answer(federation.provider, federation.party))
    assert federation.register() == expected
    assert federation.party.seen("/reg") == []


@pytest.mark.parametrize("document", PARTY)
def test_refused_where_the_partys_document(document: str, federation: Federation) -> None:
    answer, expected = PARTY[document]
    federation.party.on(WELL_KNOWN, answer(federation.provider, federation.party))
    assert federation.register() == expected
    assert federation.party.seen("/reg") == []
