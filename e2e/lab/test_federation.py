"""Federated registration: a relying party's session under the key of a provider's session (DBSC §8.9).

The provider's session is already in the browser; the relying party's offer names it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from boundgate.dbsc.federation import vouch
from boundgate.dbsc.well_known import WellKnown, check_federation_allowed
from e2e.lab.library import BOUND, LibraryServer
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
    provider, party = federation.provider, federation.party
    provider.on(WELL_KNOWN, answer(provider, party))
    assert federation.register() == expected
    assert party.seen("/reg") == []
    if document != "is-missing":
        good = json_answer({"provider_origin": provider.origin})
        assert foretold(federation, answer(provider, party), good) == expected


@pytest.mark.parametrize("document", PARTY)
def test_refused_where_the_partys_document(document: str, federation: Federation) -> None:
    answer, expected = PARTY[document]
    provider, party = federation.provider, federation.party
    party.on(WELL_KNOWN, answer(provider, party))
    assert federation.register() == expected
    assert party.seen("/reg") == []
    if document != "is-missing":
        good = json_answer({"relying_origins": [party.origin]})
        assert foretold(federation, good, answer(provider, party)) == expected


def foretold(federation: Federation, provider: Answer, party: Answer) -> str | None:
    """What `boundgate.dbsc` says that Chromium would say of these documents."""
    found = check_federation_allowed(
        provider.body,
        party.body,
        provider_origin=federation.provider.origin,
        relying_origin=federation.party.origin,
    )
    return found[0].chrome if found else None


PLACES = {1: "Success", 5: "Success", 6: "TooManyRelyingOriginLabels"}


@pytest.mark.parametrize("place", PLACES)
def test_of_the_origins_that_a_provider_names_those_behind_the_fifth_label_are_not_heard(
    place: int, federation: Federation
) -> None:
    named = [f"https://label{number}.test" for number in range(6)]
    named[place - 1] = federation.party.origin
    document = json_answer({"relying_origins": named})
    federation.provider.on(WELL_KNOWN, document)
    assert federation.register() == PLACES[place]
    party = json_answer({"provider_origin": federation.provider.origin})
    assert (foretold(federation, document, party) or "Success") == PLACES[place]


# Both sites made of boundgate.dbsc


@pytest.fixture
def provider(site: Site, stub: Stub) -> LibraryServer:
    party = Site(stub, f"party-{site.host}")
    site.on(WELL_KNOWN, Answer(200, (), WellKnown(origin=site.origin, relying_origins=[party.origin]).body))
    party.on(WELL_KNOWN, Answer(200, (), WellKnown(origin=party.origin, provider_origin=site.origin).body))
    return LibraryServer(site)


def relying_on(provider: LibraryServer, session_id: str) -> LibraryServer:
    """A relying party with the provider's voucher for one of its sessions."""
    session = provider.sessions[session_id]
    assert session is not None
    voucher = vouch(session.key, session_id=session_id, provider_url=provider.site.origin)
    party = Site(provider.site.stub, f"party-{provider.site.host}")
    return LibraryServer(party, voucher=voucher)


def register(visit: Visit, server: LibraryServer) -> dict[str, Any]:
    before = len(visit.events)
    visit.goto(server.site.url("/login"))
    return visit.wait_for("creation", after=before)[0]


def test_boundgates_party_takes_the_vouched_key_and_refreshes_by_it(provider: LibraryServer, visit: Visit) -> None:
    first = register(visit, provider)["sessionId"]
    party = relying_on(provider, first)
    second = register(visit, party)
    assert second["details"]["fetchResult"] == "Success"
    sessions = (provider.sessions[first], party.sessions[second["sessionId"]])
    assert len({session.key.thumbprint for session in sessions if session}) == 1
    visit.lose(BOUND.name)
    visit.fetch(party.site.url("/app"))
    assert visit.wait_for("refresh")[0]["details"]["refreshResult"] == "Refreshed"
    assert party.outcomes("dbsc.refresh") == ["ok"]


def test_boundgates_party_refuses_every_other_key(provider: LibraryServer, visits: Callable[..., Visit]) -> None:
    owner, other = visits(), visits()
    party = relying_on(provider, register(owner, provider)["sessionId"])
    # An offer that somebody has taken the voucher out of: the browser makes a key of its own for it.
    party.site.on("/login", page(party.offer(vouched=False)))
    refused = register(other, party)["details"]
    assert refused["failedRequest"]["responseError"] == 403
    assert party.outcomes("dbsc.register") == ["key_not_vouched"]
    assert other.sessions() == []
    assert other.jar() == {}
