"""The vectors of what a client reads, read by what the server has of it: its checks of documents, the doctor's reading
of offers, the browser in software, and how cookies are compared. All of it: `tests/extension/protocol`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from boundgate.dbsc import check_answer
from boundgate.dbsc.cookie_attributes import StoredCookie, read_attributes, sent_to, stored
from boundgate.dbsc.hosts import read_origin
from boundgate.dbsc.scope import path_of, path_under
from boundgate.dbsc.well_known import check_registration_allowed
from boundgate.doctor.offers import read_offer
from tests.support.soft_browser import read_challenge, read_offers
from tests.vectors.dbsc.generate import vectors

FOLDER = Path(__file__).parents[1] / "vectors" / "dbsc"
FILES = ("client_headers.json", "cookies.json", "outcomes.json", "well_known.json")


def cases(name: str, header: str | None = None) -> list[Any]:
    entries = json.loads((FOLDER / name).read_text(encoding="ascii").replace("{port}", "8443"))
    return [
        pytest.param(entry["input"], entry["expected"], id=entry["name"])
        for entry in entries
        if header is None or entry["input"]["header"] == header
    ]


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_what_the_generator_writes(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="ascii") == vectors()[name]
    names = [case.id for case in cases(name)]
    assert len(names) == len(set(names))


OFFERS = cases("client_headers.json", "Secure-Session-Registration")


@pytest.mark.parametrize(("given", "expected"), OFFERS)
def test_the_doctor_says_where_an_offer_leads(given: dict[str, Any], expected: dict[str, Any]) -> None:
    members = read_offer("\n".join(given["values"]), given["url"]) or ()
    wanted = [one["endpoint"] for one in expected["ok"]]
    assert [member.endpoint for member in members if member.endpoint] == [url for url in wanted if url]


# The browser in software knows nothing of federation.
@pytest.mark.parametrize(("given", "expected"), [case for case in OFFERS if "provider" not in str(case.values)])
def test_an_offer_is_read_as_the_vector_says(given: dict[str, Any], expected: dict[str, Any]) -> None:
    found = read_offers(", ".join(given["values"]))
    said = [(list(offer.algorithms), offer.path, offer.challenge, offer.authorization) for offer in found]
    wanted = [(one["algorithms"], one["path"], one["challenge"], one["authorization"]) for one in expected["ok"]]
    assert said == wanted


@pytest.mark.parametrize(("given", "expected"), cases("client_headers.json", "Secure-Session-Challenge"))
def test_a_challenge_is_read_as_the_vector_says(given: dict[str, Any], expected: dict[str, Any]) -> None:
    for session_id in ("s1", "s2"):
        wanted = [one["challenge"] for one in expected["ok"] if one["session_id"] == session_id]
        assert read_challenge(", ".join(given["values"]), session_id) == (wanted[-1] if wanted else None)


@pytest.mark.parametrize(("given", "expected"), cases("cookies.json"))
def test_a_cookie_is_missing_where_the_vector_says(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert check_answer(json.dumps(given["document"]), serving_url=given["serving_url"]) == []
    wanted = [credential_cookie(each, given["serving_url"]) for each in given["document"]["credentials"]]
    jar = [jar_cookie(each) for each in given["cookies"] if each["expires"] is None or each["expires"] > given["now"]]
    asked = urlsplit(given["url"])
    carried = [
        cookie
        for cookie in wanted
        if asked.scheme in {"https", "wss"}
        and sent_to(cookie, asked.hostname or "")
        and path_under(path_of(given["url"]), cookie.path)
    ]
    assert [cookie.name for cookie in carried if cookie not in jar] == expected["ok"]


def credential_cookie(credential: dict[str, Any], serving_url: str) -> StoredCookie:
    origin, attributes = read_origin(serving_url), read_attributes(credential["attributes"])
    assert origin is not None
    assert attributes is not None
    cookie = stored(credential["name"], attributes, origin=origin, path=path_of(serving_url))
    assert cookie is not None
    return cookie


def jar_cookie(cookie: dict[str, Any]) -> StoredCookie:
    members = {name: cookie[name] for name in ("name", "domain", "path", "secure", "http_only", "same_site")}
    return StoredCookie(**members, partitioned=cookie["partition"] is not None)


@pytest.mark.parametrize(("given", "expected"), cases("outcomes.json"))
def test_a_body_is_refused_for_the_reason_that_the_vector_says(given: dict[str, Any], expected: dict[str, Any]) -> None:
    """The server's own view of the part of an answer that it writes: a body with a status of success."""
    if not 200 <= given["status"] < 300:
        return
    empty_refresh = given["kind"] == "refresh" and not given["body"]
    session_id = "s1" if given["kind"] == "refresh" else None
    problems = check_answer(given["body"], serving_url=given["url"], expected_session_id=session_id)
    reasons = [problem.chrome for problem in problems if problem.refused]
    assert empty_refresh or (reasons or ["Success"])[0] == expected["ok"]["reason"]


@pytest.mark.parametrize(("given", "expected"), cases("well_known.json"))
def test_a_well_known_document_gets_its_verdict(given: dict[str, Any], expected: dict[str, Any]) -> None:
    problems = check_registration_allowed(given["text"], registering_origin=given["origin"])
    assert [problem.chrome for problem in problems] == ([expected["error"]] if "error" in expected else [])
