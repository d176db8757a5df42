"""Junk on every endpoint: a 4xx that says what is wrong, recorded, and nothing changed."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.support.keys import b64u
from tests.support.site import ORIGIN, Site, SoftBrowser
from tests.support.soft_browser import SoftDbsc, read_offers, refresh_headers, registration_headers

OFF_CURVE = {"crv": "P-256", "kty": "EC", "x": b64u(bytes(31) + b"\1"), "y": b64u(bytes(31) + b"\1")}
TINY_RSA = rsa.generate_private_key(65_537, 1024)
BAD_KEYS: dict[str, dict[str, Any]] = {
    "point off the curve": OFF_CURVE,
    "private member": SoftDbsc().jwk | {"d": b64u(bytes(32))},
    "another curve": {"crv": "P-384", "kty": "EC", "x": b64u(bytes(48)), "y": b64u(bytes(48))},
    "tiny RSA key": {"kty": "RSA", "e": "AQAB", "n": b64u(TINY_RSA.public_key().public_numbers().n.to_bytes(128))},
    "symmetric key": {"kty": "oct", "k": b64u(bytes(32))},
    "numbers for text": {"crv": "P-256", "kty": "EC", "x": 1, "y": 2},
    "nothing in it": {},
}


def _unbound_proof(browser: SoftBrowser, **misbehaviour: Any) -> dict[str, str]:
    offer = read_offers(browser.offer or "")[0]
    proof = SoftDbsc().registration_proof(offer.challenge, offer.authorization, **misbehaviour)
    return registration_headers(proof, origin=ORIGIN)


@pytest.mark.parametrize("name", BAD_KEYS)
async def test_a_key_that_is_none_registers_nothing(site: Site, name: str) -> None:
    browser = await site.owner(dbsc=False)
    for alg in ("ES256", "RS256"):
        headers = _unbound_proof(browser, jwk=BAD_KEYS[name], alg=alg, signer=SoftDbsc(alg))
        response = await browser.send("POST", "/dbsc/register", headers=headers)
        assert 400 <= response.status_code < 500
        assert (await response.get_json())["detail"]
    assert len(await site.events("dbsc.register")) == 2
    assert (await browser.state())["state"] == "binding"


@pytest.mark.parametrize(
    "proof",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d",
        "e30.e30.",
        "e30.e30.AAAA",
        "not base64 at all",
        "eyJhbGciOiJub25lIn0.e30.",
        f"{b64u(b'{')}.{b64u(b'{}')}.AAAA",
        f"{b64u(b'[]')}.{b64u(b'[]')}.AAAA",
        f"{b64u(json.dumps({'alg': ['ES256'], 'typ': 'dbsc+jwt'}).encode())}.e30.AAAA",
        f"{b64u(json.dumps({'alg': 'ES256', 'typ': 'dbsc+jwt', 'jwk': 7}).encode())}.e30.AAAA",
        "A" * 9000,
        "\x7f\x01",
        '"unterminated',
        "ünïcode",
    ],
    ids=lambda proof: repr(proof)[:30],
)
async def test_a_proof_that_is_none_changes_nothing(site: Site, owner: SoftBrowser, proof: str) -> None:
    registered = await owner.send("POST", "/dbsc/register", headers=registration_headers(proof, origin=ORIGIN))
    assert 400 <= registered.status_code < 500
    refreshed = await owner.send(
        "POST", "/dbsc/refresh", headers=refresh_headers(owner.session_id or "", proof, origin=ORIGIN)
    )
    assert refreshed.status_code == 403
    assert (await owner.state())["state"] == "bound"
    assert owner.key is not None
    assert (await owner.chat()).status_code == 200


@pytest.mark.parametrize("session_id", ["", '"', "a" * 200, "ünïcode", "a b", "\x01", "../..", '"x";id="y"'])
async def test_a_session_id_that_is_none_is_refused(site: Site, owner: SoftBrowser, session_id: str) -> None:
    response = await owner.send("POST", "/dbsc/refresh", headers={"Sec-Secure-Session-Id": session_id})
    assert 400 <= response.status_code < 500


async def test_key_of_another_type_under_the_right_name_is_refused(site: Site) -> None:
    browser = await site.owner(dbsc=False)
    other = SoftDbsc(key=ec.generate_private_key(ec.SECP256R1()))
    headers = _unbound_proof(browser, alg="RS256", signer=other)
    assert (await browser.send("POST", "/dbsc/register", headers=headers)).status_code == 400


async def test_nothing_that_can_be_sent_makes_a_500(site: Site, owner: SoftBrowser) -> None:
    draw = random.Random(156)
    rules = sorted({rule for _, rule in site.routes() if not rule.startswith("/static")})
    pool = ["", "null", "[]", "{}", '{"a":', '{"credential": 7}', '{"token":"x"}', "credential=%ff&token=", "\x00"]
    names = ["Cookie", "Authorization", "DPoP", "Origin", "Sec-Fetch-Site", "Content-Type", "X-Forwarded-For",
             "Secure-Session-Response", "Sec-Secure-Session-Id", "Secure-Session-Skipped", "Accept"]  # fmt: skip
    values = ["", "x", '"', "a=b", "__Host-bg-bound=v1.x.1.1..a.b", "Bearer x", "DPoP y", ORIGIN, "same-origin",
              "cross-site", "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "1.2.3.4",
              "é" * 30, "A" * 3000, "\x7f"]  # fmt: skip
    for _ in range(400):
        rule = draw.choice(rules)
        path = rule.replace("<path:path>", "p").replace("<name>", "n")
        method = draw.choice(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
        headers = {draw.choice(names): draw.choice(values) for _ in range(draw.randrange(5))}
        body = draw.choice(pool).encode()
        browser = draw.choice([owner.copy_jar(), site.browser()])
        response = await browser.send(method, path, body=body, headers=headers)
        assert response.status_code < 500, (method, path, headers, body)
    assert (await owner.chat()).status_code == 200
