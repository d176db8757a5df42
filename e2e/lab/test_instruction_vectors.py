"""`tests/vectors/dbsc/instructions.json` in real Chromium: each document answers a registration.

What the browser calls it must be what the vector says, and what it then does must be what `boundgate.dbsc` foretells:
whether a page's request waits for a refresh while the cookie is there, and when it is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from boundgate.dbsc.document import read_document
from boundgate.dbsc.judge import scope_of
from e2e.lab.site import Site
from e2e.lab.stub import Stub
from e2e.lab.visit import Visit
from e2e.lab.wire import Answer, offer, page

VECTORS = Path(__file__).parents[2] / "tests" / "vectors" / "dbsc" / "instructions.json"
CASES = {case["name"]: case for case in json.loads(VECTORS.read_text())}
RENEWED_THOUGH_KEPT = {"cookie_mismatch", "cookie_missing", "cookie_life_too_short", "credential_twice"}
"""Problems for which the browser renews before a request whose cookie is there."""
REFRESHES = ("/dbsc/refresh", "/r")


@pytest.fixture(scope="module")
def visitor(lab_browser: Browser) -> Iterator[Visit]:
    """One visit for all cases, which differ in nothing but the answer; each leaves it without cookies and sessions."""
    context = lab_browser.new_context()
    yield Visit(context)
    context.close()


@pytest.mark.parametrize("name", CASES)
def test_chromium_agrees_on(name: str, stub: Stub, visitor: Visit) -> None:
    given, expected = CASES[name]["input"], CASES[name]["expected"]
    given = json.loads(json.dumps(given).replace("{port}", str(stub.port)))
    site = answer_with(given, stub)
    before = len(visitor.events)
    visitor.goto(site.url("/login"))
    result = visitor.wait_for("creation", after=before)[0]["details"]["fetchResult"]
    assert result == (expected.get("chrome") or "Success")
    if result == "Success":
        try:
            check_what_it_does(given, expected.get("error"), site, visitor)
        finally:
            forget(visitor)


def answer_with(given: dict[str, Any], stub: Stub) -> Site:
    """A site whose registration is answered as the vector says, and whose refreshes fail."""
    address = urlsplit(given["serving_url"])
    site = Site(stub, address.hostname or "")
    body = given["text"] if "text" in given else json.dumps(given["document"])
    cookies = tuple(("Set-Cookie", line) for line in given["set_cookies"])
    site.on("/login", page(offer(address.path)))
    site.on(address.path, Answer(200, cookies, body.encode()), Answer(503))
    for path in REFRESHES:
        site.on(path, Answer(503))
    return site


def check_what_it_does(given: dict[str, Any], problem: str | None, site: Site, visitor: Visit) -> None:
    """Two requests for a page: with the cookie as it was set, and without."""
    assert renewed(visitor, site, expected=problem in RENEWED_THOUGH_KEPT) is (problem in RENEWED_THOUGH_KEPT)
    visitor.context.clear_cookies()
    foretold = in_scope(given, site.url("/dbsc/page"))
    assert renewed(visitor, site, expected=foretold) is foretold
    skipped = site.seen("/dbsc/page")[-1].skipped
    assert (skipped is not None) is (foretold and problem != "session_identifier_characters")


def renewed(visitor: Visit, site: Site, *, expected: bool) -> bool:
    """Whether a request for a page made the browser try a refresh."""
    before = len(visitor.events)
    visitor.fetch(site.url("/dbsc/page"))
    if expected:
        visitor.wait_for("refresh", after=before)
    else:
        visitor.sessions()
    return bool(visitor.reported("refresh", after=before))


def in_scope(given: dict[str, Any], url: str) -> bool:
    """What the library says of a request to `url`."""
    members = given["document"] if "document" in given else json.loads(given["text"].lstrip("\ufeff"))
    document, _ = read_document(members)
    assert document is not None
    scope = scope_of(document, given["serving_url"])
    assert scope is not None
    return scope.includes(url)


def forget(visitor: Visit) -> None:
    """Leave no session and no cookie to the next case."""
    for session in visitor.sessions():
        visitor.devtools.send("Network.deleteDeviceBoundSession", {"key": session["key"]})
    visitor.context.clear_cookies()
    assert visitor.sessions() == []
