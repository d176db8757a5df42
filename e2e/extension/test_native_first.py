"""Chromium with DBSC of its own and with the extension: the browser's key is the one that counts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from e2e.extension.chromium import Chromium
from e2e.extension.chromium_fixtures import enrolled
from e2e.support.person import BOUND, Person
from e2e.support.server import Server

HELLO = {"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hello"}]}
OFFER = "secure-session-registration"
# What the extension would send, had it not seen that the browser was first: from its own worker, with a key of its own.
LATE_TRY = """
async ([url, challenge, authorization]) => {
  const text = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const json = value => text(new TextEncoder().encode(JSON.stringify(value)));
  const algorithm = {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256'};
  const pair = await crypto.subtle.generateKey(algorithm, false, ['sign']);
  const {kty, crv, x, y} = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const header = {alg: 'ES256', typ: 'dbsc+jwt', jwk: {kty, crv, x, y}};
  const signed = json(header) + '.' + json({jti: challenge, authorization});
  const signature = await crypto.subtle.sign(algorithm, pair.privateKey, new TextEncoder().encode(signed));
  const headers = {'Secure-Session-Response': `${signed}.${text(signature)}`, 'DBSC-Client': 'boundgate-extension/1'};
  const response = await fetch(url, {method: 'POST', credentials: 'include', headers});
  return {status: response.status, text: await response.text()};
}
"""


@pytest.fixture
def native(start_chromium: Callable[..., Chromium]) -> Chromium:
    """Chromium with both."""
    return start_chromium(native=True)


@pytest.fixture
def alone(start_server: Callable[..., Server]) -> Server:
    """A server whose records are of this one person."""
    return start_server()


def watch_offers(someone: Person) -> list[str]:
    """Every offer on an answer to this page, as it comes."""
    offers: list[str] = []

    def note(event: dict[str, Any]) -> None:
        offers.extend(value for name, value in event["headers"].items() if name.lower() == OFFER)

    someone.devtools.on("Network.responseReceivedExtraInfo", note)
    return offers


def test_there_is_one_session_of_the_browsers_key_and_the_extension_says_so(native: Chromium, alone: Server) -> None:
    someone = enrolled(native, alone, "has both")
    status = native.wait_for(alone.origin, "native")
    assert (status["key"], status["sessions"]) == ("browser", [])
    session = someone.session()
    assert (session["state"], session["provenance"]) == ("bound", "browser")
    assert alone.recorded("dbsc.register") == ["ok"], "there was no second try"
    assert native.private_keys() == []
    assert "browser" in native.title(alone.origin).lower()


def test_the_browser_goes_on_to_renew_its_own_session(native: Chromium, alone: Server) -> None:
    someone = enrolled(native, alone, "has both")
    native.wait_for(alone.origin, "native")
    someone.delete_cookie(BOUND)
    assert someone.call(HELLO)["status"] == 200
    assert someone.wait_for_dbsc("refresh")[0]["succeeded"]
    assert alone.recorded("dbsc.refresh").count("ok") == 1
    assert native.status(alone.origin)["state"] == "native"


def test_a_late_try_is_refused_and_recorded_and_costs_nobody_anything(native: Chromium, alone: Server) -> None:
    someone = native.person(alone.origin)
    offers = watch_offers(someone)
    someone.enrol(alone.invite("has both"))
    key = someone.wait_until("bound")["key_thumbprint"]
    said = dict(re.findall(r'(challenge|authorization)="([^"]+)"', offers[-1]))
    arguments = [f"{alone.origin}/dbsc/register", said["challenge"], said["authorization"]]
    answer = native.worker().evaluate(LATE_TRY, arguments)
    assert (answer["status"], json.loads(answer["text"])["code"]) == (409, "second_key")
    session = someone.session()
    assert (session["state"], session["provenance"], session["key_thumbprint"]) == ("bound", "browser", key)
    assert alone.recorded("dbsc.register") == ["ok", "second_key"]
    assert alone.rows("SELECT count(*) FROM bindings WHERE contested_at IS NOT NULL") == [(0,)]
    someone.page.goto(f"{alone.origin}/account")
    assert someone.page.get_by_role("heading", name="Please note").count() == 0
    assert someone.call(HELLO)["status"] == 200
