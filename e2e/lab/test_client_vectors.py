"""`tests/vectors/dbsc/client_headers.json` in real Chromium: what it takes from the header fields of an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from e2e.lab.proofs import claims
from e2e.lab.site import Site
from e2e.lab.stub import Stub
from e2e.lab.visit import Visit
from e2e.lab.wire import NOTHING, PAGE, Seen, offer, page

VECTORS = Path(__file__).parents[2] / "tests" / "vectors" / "dbsc" / "client_headers.json"
CASES = json.loads(VECTORS.read_text())


def named(header: str) -> list[Any]:
    """Each case of a header. Federated offers are judged by the session that they name: test_federation.py."""
    found = [case for case in CASES if case["input"]["header"] == header and not federated(case["expected"]["ok"])]
    return [pytest.param(case["input"], case["expected"]["ok"], id=case["name"].partition(": ")[2]) for case in found]


def federated(read: Any) -> bool:
    return isinstance(read, list) and any(one.get("federated") for one in read)


@pytest.fixture(scope="module")
def visitor(lab_browser: Browser) -> Iterator[Visit]:
    """One visit for all offers; none of them makes a session."""
    context = lab_browser.new_context()
    yield Visit(context)
    context.close()


@pytest.mark.parametrize(("given", "expected"), named("Secure-Session-Registration"))
def test_chromium_registers_where_and_how_the_vector_says(
    given: dict[str, Any], expected: list[dict[str, Any]], stub: Stub, visitor: Visit
) -> None:
    given, expected = json.loads(json.dumps([given, expected]).replace("{port}", str(stub.port)))
    site = Site(stub, "example.test")
    offering = page(*((given["header"], value) for value in given["values"]))
    site.on("/login", lambda seen: offering if seen.method == "GET" else NOTHING)
    wanted = [one for one in expected if one["endpoint"]]
    known, asked = len(visitor.events), len(posts(stub))
    visitor.goto(site.url("/login"))
    # Once a good offer that comes after them has been taken, the others would have been.
    site.on("/good", page(offer("/reg-good")))
    visitor.goto(site.url("/good"))
    visitor.wait_for("creation", len(wanted) + 1, after=known)
    came = [seen for seen in posts(stub)[asked:] if seen.path != "/reg-good"]
    assert sorted(address(seen) for seen in came) == sorted(without_port(one["endpoint"]) for one in wanted)
    assert sorted(map(str, map(said, came))) == sorted(str((one["challenge"], one["authorization"])) for one in wanted)


@pytest.mark.parametrize(("given", "expected"), named("Secure-Session-Challenge"))
def test_chromium_keeps_the_challenge_that_the_vector_says(
    given: dict[str, Any], expected: list[dict[str, Any]], site: Site, visit: Visit
) -> None:
    site.bind(visit)
    site.on("/more", PAGE.having(*((given["header"], value) for value in given["values"])))
    visit.fetch(site.url("/more"))
    kept = [one["challenge"] for one in expected if one["session_id"] == "s1"]
    assert visit.sessions()[0].get("cachedChallenge") == (kept[-1] if kept else None)


@pytest.mark.parametrize(("given", "expected"), named("Clear-Site-Data"))
def test_chromium_ends_the_session_where_the_vector_says(
    given: dict[str, Any], expected: dict[str, bool], site: Site, visit: Visit
) -> None:
    site.bind(visit)
    site.on("/more", PAGE.having(*((given["header"], value) for value in given["values"])))
    visit.fetch(site.url("/more"))
    assert (visit.sessions() == []) is (expected["cookies"] or expected["storage"])


def posts(stub: Stub) -> list[Seen]:
    return [seen for seen in stub.all_seen() if seen.method == "POST"]


def address(seen: Seen) -> str:
    return f"https://{seen.host}{seen.path}" + (f"?{seen.query}" if seen.query else "")


def without_port(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.hostname or "").geturl()


def said(seen: Seen) -> tuple[str | None, str | None]:
    """The challenge and the authorization of a proof."""
    found = claims(seen.proof or "")
    return found.get("jti"), found.get("authorization")


@pytest.mark.parametrize(
    ("written", "asked"),
    [("/a%2Fref", "/a/ref"), ("/%72ef", "/ref"), ("/%2541", "/%41"), ("/a%20b", "/a%20b"), ("ref", "/ref")],
)
def test_a_refresh_url_is_unescaped_before_it_is_resolved(written: str, asked: str, site: Site, visit: Visit) -> None:
    config = site.config(refresh_url=written)
    site.bind(visit, answer=config)
    site.on(asked, config)
    visit.lose("bound")
    visit.fetch(site.url("/app"))
    [refresh] = [seen for seen in site.seen() if seen.session_id]
    assert refresh.path == asked
