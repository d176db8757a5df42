"""Junk at the back channel: what it may cost, whom it is booked on, and what it never touches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.oauth import FORM, Program, members, program_of, service_of
from tests.support.site import Site, running_site

EACH = 10
LIMIT = {"oauth_unproved_per_minute": EACH}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path / "data", **LIMIT) as running:
        yield running


@pytest.fixture
async def program(site: Site) -> Program:
    await site.owner()
    user = await site.services.store.user_by_name("alice")
    return await program_of(site, user.id if user else None)


async def junk(site: Site, path: str = "/oauth/token", *, address: str = "203.0.113.9", body: str = "x=y") -> Any:
    return await site.app.test_client(use_cookies=False).open(
        path,
        method="POST",
        headers={"Host": "localhost:8443", "Content-Type": FORM},
        data=body.encode(),
        scheme="https",
        scope_base={"client": (address, 40_000)},
    )


async def use_up(site: Site, path: str = "/oauth/token", **more: str) -> Any:
    """The first answer that is no ordinary refusal."""
    for _ in range(EACH):
        assert (await junk(site, path, **more)).status_code == 400
    return await junk(site, path, **more)


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/par", "/oauth/revoke", "/oauth/introspect"])
async def test_who_proves_nothing_is_told_to_wait(site: Site, path: str) -> None:
    refused = await use_up(site, path)
    assert (refused.status_code, (await members(refused))["error"]) == (429, "temporarily_unavailable")
    assert refused.headers["Retry-After"] == str(60 // EACH)
    assert refused.headers["Cache-Control"] == "no-store"
    site.clock.advance(60 / EACH)
    assert [(await junk(site, path)).status_code for _ in range(2)] == [400, 429]


async def test_one_count_for_all_of_it_and_another_for_each_address(site: Site) -> None:
    await use_up(site)
    assert (await junk(site, "/oauth/par")).status_code == 429
    assert (await junk(site, address="203.0.113.10")).status_code == 400
    await use_up(site, address="2001:db8::1")
    assert (await junk(site, address="2001:db8::ffff:1")).status_code == 429, "one customer has a whole /64"
    assert (await junk(site, address="2001:db8:0:1::1")).status_code == 400


async def test_a_flood_is_two_lines_in_the_record_and_the_owner_goes_on_elsewhere(site: Site, program: Program) -> None:
    answer = await program.tokens()
    for _ in range(50):
        await junk(site)
    assert (await program.refresh(answer["refresh_token"])).status_code == 200
    await site.services.flush()
    events = await site.services.usage.events(kind_prefix="oauth.token")
    rows = [event for event in events if event.address == "203.0.113.9"]
    assert len(rows) == 2
    counted = {row.outcome: row.count for row in rows}
    assert counted == {"invalid_request": EACH, "temporarily_unavailable": 50 - EACH}


async def test_whoever_renews_calls_and_revokes_is_never_counted(site: Site, program: Program) -> None:
    answer = await program.tokens()
    for _ in range(3 * EACH):
        program.nonce = None  # each time the server asks for one first
        answer = await members(await program.refresh(answer["refresh_token"]))
        assert "refresh_token" in answer, answer
    service = await service_of(site)
    for _ in range(EACH):
        for more in ({"grant_type": "client_credentials"}, {}):
            path = "/oauth/token" if more else "/oauth/introspect"
            told = {"token": answer["access_token"]} | more
            assert (await service.post(path, **told)).status_code == 200
    assert (await program.plain("/oauth/revoke", token=answer["refresh_token"])).status_code == 200


async def test_requests_that_anybody_can_push_are_counted_and_those_of_a_proved_client_are_not(
    site: Site, program: Program
) -> None:
    statuses = [(await program.post("/oauth/par", **program.request())).status_code for _ in range(EACH + 1)]
    assert statuses == [201] * EACH + [429]
    site.clock.advance(60)
    web = await service_of(
        site, redirect_uris=("http://127.0.0.1/callback",), scopes=("chat",), grants=("authorization_code",)
    )
    statuses = [(await web.post("/oauth/par", **web.request())).status_code for _ in range(EACH + 1)]
    assert statuses == [201] * (EACH + 1)


async def test_no_more_requests_wait_than_may(site: Site, program: Program) -> None:
    oauth = site.services.oauth
    full = replace(oauth.rules, waiting_max=3)
    oauth.pushed._rules = oauth.authorization._rules = full
    alice, request = await site.owner("bob"), program.request()
    assert [(await program.plain("/oauth/par", **request)).status_code for _ in range(4)] == [201, 201, 201, 503]
    refused = await program.plain("/oauth/par", **request)
    assert (await members(refused))["error"] == "temporarily_unavailable"
    page = await alice.page(f"/oauth/authorize?{urlencode(request)}")
    assert (page.status_code, "Try again in a minute" in await page.get_data(as_text=True)) == (503, True)
    site.clock.advance(61)
    assert (await program.plain("/oauth/par", **request)).status_code == 201


async def test_what_is_kept_of_a_request_is_small(program: Program) -> None:
    refused = await program.plain("/oauth/par", **program.request(acr_values="a" * 1_025))
    assert (refused.status_code, (await members(refused))["error"]) == (400, "invalid_request")
    assert (await program.plain("/oauth/par", **program.request(acr_values="a" * 1_024))).status_code == 201
