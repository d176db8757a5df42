"""A refresh in this process, from the bare signature check up to the whole ASGI answer, part by part."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.timing import Case, Group
from boundgate.clock import new_token, system_random
from boundgate.dbsc import (
    REFRESH_PURPOSE,
    BoundValue,
    load_public_key,
    read_proof,
    read_session_id,
    seal,
    verify_refresh_proof,
)
from boundgate.net import network_prefix
from boundgate.protect.endpoints import endpoint_request
from tests.support.site import ORIGIN, Site, SoftBrowser
from tests.support.soft_browser import read_challenge, refresh_headers

AUDIENCE = f"{ORIGIN}/dbsc/refresh"
PREFIX = network_prefix("127.0.0.1", 24, 64)
LIFE_SECONDS = 900.0


async def group(site: Site) -> Group:
    """The cases: parse, verify, store, answer, framework."""
    owner = await site.owner("refresher")
    assert owner.key is not None
    key = load_public_key(_jwk(owner), algorithm="ES256")
    proof = owner.key.refresh_proof(owner.challenge)
    private, message = ec.generate_private_key(ec.SECP256R1()), proof.rpartition(".")[0].encode()
    public, signature = private.public_key(), private.sign(message, ec.ECDSA(SHA256()))
    return Group(
        "refresh",
        [
            Case(
                name="bare ECDSA P-256 verification",
                calls=200,
                call=lambda _: public.verify(signature, message, ec.ECDSA(SHA256())),
            ),
            Case(name="parse: header fields", calls=2000, call=_parse(owner, proof)),
            Case(
                name="verify: verify_refresh_proof",
                calls=150,
                call=lambda _: verify_refresh_proof(proof=proof, expected_key=key, expected_audience=AUDIENCE),
            ),
            *_store(site, owner),
            *_answer(site, owner),
            _refreshes("whole refresh, session cached", owner, cached=True),
            _refreshes("whole refresh, session in SQLite", owner, cached=False),
            _asgi("whole answer at the ASGI level", owner),
        ],
    )


def forget(site: Site, session_id: str) -> None:
    """Have the session's record read from the database again, as after any pause of more than a second."""
    site.services.sessions._cache.forget([session_id])  # noqa: SLF001 - no caller in the product needs this


def _parse(browser: SoftBrowser, proof: str) -> Any:
    headers = _scope(browser, proof)["headers"]

    def parse(_: object) -> None:
        request = endpoint_request(dict(reversed(headers)))
        read_proof(request.proof or "")
        read_session_id(request.session_id or "")

    return parse


def _store(site: Site, browser: SoftBrowser) -> list[Case]:
    challenges, hot, session_id = _challenges(site), site.services.sessions._hot, browser.session_id or ""  # noqa: SLF001
    challenge = challenges.issue(purpose=REFRESH_PURPOSE, context=session_id)

    async def prepare(calls: int) -> Sequence[Any]:
        made = [challenges.issue(purpose=REFRESH_PURPOSE, context=session_id) for _ in range(calls)]
        return [_check(challenges, text, session_id) for text in made]

    async def prove(valid: Any) -> None:
        now = site.clock()
        minted = await hot.prove(
            session_id, challenge=valid, at_least=1, known=None, now=now, window_seconds=1, keep_seconds=300
        )
        assert minted is not None

    return [
        Case(name="store: check a challenge", calls=1000, call=lambda _: _check(challenges, challenge, session_id)),
        Case(name="store: the one step in the hot state", calls=500, prepare=prepare, wait=prove),
    ]


def _answer(site: Site, browser: SoftBrowser) -> list[Case]:
    renewals = site.services.bindings._renewals  # noqa: SLF001
    value = BoundValue(browser.session_id or "", round(site.clock() * 1000), site.clock(), PREFIX)
    return [
        Case(name="answer: seal a cookie value", calls=1000, call=lambda _: seal(value, macs=renewals._macs)),  # noqa: SLF001
        Case(
            name="answer: the next challenge",
            calls=1000,
            call=lambda _: renewals.challenge_header(value.session_id),
        ),
    ]


def _refreshes(name: str, browser: SoftBrowser, *, cached: bool) -> Case:
    session_id, bindings = browser.session_id or "", browser.site.services.bindings

    async def refresh(proof: str) -> None:
        if not cached:
            forget(browser.site, session_id)
        await bindings.refresh(session_id, proof, prefix=PREFIX)

    return Case(name=name, calls=60, prepare=lambda calls: _sign(browser, calls), wait=refresh)


def _asgi(name: str, browser: SoftBrowser) -> Case:
    app = browser.site.app.asgi_app

    async def prepare(calls: int) -> Sequence[Any]:
        return [_scope(browser, proof) for proof in await _sign(browser, calls)]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        assert message.get("status", 200) == 200

    return Case(name=name, calls=60, prepare=prepare, wait=lambda scope: app(scope, receive, send))


async def _sign(browser: SoftBrowser, calls: int) -> Sequence[str]:
    """The browser's half of the work, which is not the server's."""
    session_id, key = browser.session_id, browser.key
    assert session_id is not None
    assert key is not None
    headers = [await browser.site.services.bindings.challenge(session_id) for _ in range(calls)]
    return [key.refresh_proof(read_challenge(header, session_id)) for header in headers]


def _scope(browser: SoftBrowser, proof: str) -> dict[str, Any]:
    cookies = f"__Host-bg-login={new_token(system_random)}; __Host-bg-bound={'b' * 150}; __Host-bg-fresh="
    fields = {"Host": "localhost:8443", "Content-Length": "0", "User-Agent": browser.agent, "Cookie": cookies}
    fields |= refresh_headers(browser.session_id or "", proof, origin=ORIGIN)
    return {
        "type": "http",
        "method": "POST",
        "path": "/dbsc/refresh",
        "client": ("127.0.0.1", 40000),
        "headers": [(name.lower().encode(), text.encode()) for name, text in fields.items()],
    }


def _challenges(site: Site) -> Any:
    return site.services.bindings._renewals._challenges  # noqa: SLF001


def _check(challenges: Any, text: str, session_id: str) -> Any:
    valid = challenges.check(text, purpose=REFRESH_PURPOSE, context=session_id, max_age_seconds=LIFE_SECONDS)
    assert valid is not None
    return valid


def _jwk(browser: SoftBrowser) -> str:
    assert browser.key is not None
    return json.dumps(browser.key.jwk, sort_keys=True, separators=(",", ":"))
