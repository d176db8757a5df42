"""A refresh, from the bare signature check up to the whole service over SQLite."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.timing import Case, Group
from boundgate.dbsc import load_public_key, verify_refresh_proof
from boundgate.net import network_prefix
from tests.support.site import ORIGIN, Site, SoftBrowser
from tests.support.soft_browser import read_challenge

AUDIENCE = f"{ORIGIN}/dbsc/refresh"
PREFIX = network_prefix("127.0.0.1", 24, 64)


async def group(site: Site) -> Group:
    """The cases."""
    owner = await site.owner()
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
            Case(
                name="verify_refresh_proof",
                calls=150,
                call=lambda _: verify_refresh_proof(proof=proof, expected_key=key, expected_audience=AUDIENCE),
            ),
            _refreshes("whole refresh, session cached", owner, cached=True),
            _refreshes("whole refresh, session in SQLite", owner, cached=False),
        ],
    )


def forget(site: Site, session_id: str) -> None:
    """Have the session's record read from the database again, as after any pause of more than a second."""
    site.services.sessions._cache.forget([session_id])  # noqa: SLF001 - no caller in the product needs this


def _refreshes(name: str, browser: SoftBrowser, *, cached: bool) -> Case:
    session_id, key, bindings = browser.session_id, browser.key, browser.site.services.bindings
    assert session_id is not None
    assert key is not None

    async def sign(calls: int) -> Sequence[str]:
        # The browser's half of the work, which is not the server's.
        headers = [await bindings.challenge(session_id) for _ in range(calls)]
        return [key.refresh_proof(read_challenge(header, session_id)) for header in headers]

    async def refresh(proof: str) -> None:
        if not cached:
            forget(browser.site, session_id)
        await bindings.refresh(session_id, proof, prefix=PREFIX)

    return Case(name=name, calls=60, prepare=sign, wait=refresh)


def _jwk(browser: SoftBrowser) -> str:
    assert browser.key is not None
    return json.dumps(browser.key.jwk, sort_keys=True, separators=(",", ":"))
