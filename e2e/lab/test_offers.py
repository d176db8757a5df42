"""Which offers Chromium takes: algorithms, several at once, and what it ignores without a word (DBSC §8.1)."""

from __future__ import annotations

import pytest

from e2e.lab.proofs import claims, header
from e2e.lab.site import Site
from e2e.lab.visit import Visit
from e2e.lab.wire import REGISTRATION, challenge, cookie, json_answer, offer, page

ALGORITHMS = {"ES256": "ES256", "RS256": "RS256", "ES256 RS256": "ES256", "RS256 ES256": "RS256", "none ES256": "ES256"}


@pytest.mark.parametrize("offered", ALGORITHMS)
def test_the_first_algorithm_that_it_knows_is_taken(offered: str, site: Site, visit: Visit) -> None:
    site.on("/login", page(offer(algorithms=offered)))
    site.on("/reg", site.config())
    visit.goto(site.url("/login"))
    visit.wait_for("creation")
    [registration] = site.seen("/reg")
    assert registration.proof is not None
    assert header(registration.proof)["alg"] == ALGORITHMS[offered]
    assert header(registration.proof)["jwk"]["kty"] == {"ES256": "EC", "RS256": "RSA"}[ALGORITHMS[offered]]


IGNORED = {
    "none": offer(algorithms="none"),
    "PS256": offer(algorithms="PS256"),
    "ES384": offer(algorithms="ES384"),
    "nothing-offered": offer(algorithms=""),
    "algorithms-as-strings": (REGISTRATION, '("ES256");path="/reg";challenge="c1"'),
    "a-bare-algorithm": (REGISTRATION, 'ES256;path="/reg";challenge="c1"'),
    "no-path": (REGISTRATION, '(ES256);challenge="c1"'),
    "challenge-that-is-no-string": (REGISTRATION, '(ES256);path="/reg";challenge=c1'),
    "path-of-another-site": offer("https://other.test/reg"),
    "path-without-tls": offer("http://example.test/reg"),
    "half-of-a-federation": offer(provider_key="x"),
    "unreadable": (REGISTRATION, '(ES256;path="/reg"'),
}


@pytest.mark.parametrize("what", IGNORED)
def test_an_offer_is_ignored_without_a_word(what: str, site: Site, visit: Visit) -> None:
    # An offer that is good comes after it: once that has been taken, the other one would have been.
    site.on("/login", page(IGNORED[what]))
    site.on("/good", page(offer("/reg-good")))
    site.on("/reg-good", site.config())
    visit.goto(site.url("/login"))
    visit.goto(site.url("/good"))
    [created] = visit.wait_for("creation")
    assert created["details"]["fetchResult"] == "Success"
    assert site.seen("/reg") == []


def test_an_offer_without_challenge_gets_a_session_without_any_key(site: Site, visit: Visit) -> None:
    site.on("/login", page((REGISTRATION, '(ES256);path="/reg"')))
    site.on("/reg", site.config())
    visit.goto(site.url("/login"))
    [created] = visit.wait_for("creation")
    assert created["details"]["fetchResult"] == "Success"
    assert site.seen("/reg")[0].proof is None, "so a server must refuse a registration without proof"


@pytest.mark.parametrize("lines", ["one-line", "two-lines"])
def test_several_offers_are_all_taken(lines: str, site: Site, visit: Visit) -> None:
    first, second = offer("/reg1", challenge="c1"), offer("/reg2", challenge="c2", algorithms="RS256")
    both = (first, second) if lines == "two-lines" else ((REGISTRATION, f"{first[1]}, {second[1]}"),)
    site.on("/login", page(*both))
    site.on("/reg1", site.config("s1"))
    site.on("/reg2", site.config("s2"))
    visit.goto(site.url("/login"))
    assert {event["sessionId"] for event in visit.wait_for("creation", 2)} == {"s1", "s2"}
    proofs = [site.seen(path)[0].proof or "" for path in ("/reg1", "/reg2")]
    assert [claims(proof)["jti"] for proof in proofs] == ["c1", "c2"]
    assert [header(proof)["alg"] for proof in proofs] == ["ES256", "RS256"]


def test_a_bad_offer_beside_a_good_one_does_no_harm(site: Site, visit: Visit) -> None:
    site.on("/login", page((REGISTRATION, f"{offer('/bad', algorithms='PS256')[1]}, {offer()[1]}")))
    site.on("/reg", site.config())
    visit.goto(site.url("/login"))
    visit.wait_for("creation")
    visit.sessions()
    assert site.seen("/bad") == []


def test_authorization_is_a_claim_and_never_a_header(site: Site, visit: Visit) -> None:
    site.on("/login", page(offer(authorization="code-1")))
    site.on("/reg", site.config())
    visit.goto(site.url("/login"))
    visit.wait_for("creation")
    [registration] = site.seen("/reg")
    assert claims(registration.proof or "") == {"jti": "c1", "authorization": "code-1"}
    assert "authorization" not in registration.headers


@pytest.mark.parametrize("lost", ["first", "second"])
def test_of_two_credentials_the_loss_of_either_makes_it_refresh(lost: str, site: Site, visit: Visit) -> None:
    names = ("first", "second")
    plain = site.document()["credentials"][0]
    document = site.document(credentials=[plain | {"name": name} for name in names])
    answer = json_answer(document, *(cookie(name) for name in names), challenge("n1"))
    site.bind(visit, answer=answer)
    site.on("/ref", answer)
    visit.fetch(site.url("/app"))
    visit.sessions()
    assert site.seen("/ref") == []
    visit.lose(lost)
    visit.fetch(site.url("/app"))
    assert len(site.seen("/ref")) == 1
    assert set(site.seen("/app")[-1].cookies) == set(names)
