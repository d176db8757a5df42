"""How long things last that come of one decision of a user (RFC 9700 §4.14.2)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from boundgate.oauth.errors import InvalidToken
from boundgate.routes.views import lasting
from tests.support.keys import FakeClock
from tests.support.oauth import Program, members, program_of, service_of
from tests.support.site import Site, running_site

DAY = 86_400


@pytest.fixture
async def program(site: Site) -> Program:
    return await alices(site)


async def alices(site: Site) -> Program:
    await site.owner()
    user = await site.services.store.user_by_name("alice")
    assert user is not None
    return await program_of(site, user.id)


async def test_renewing_ends_thirty_days_after_the_decision_however_busy_the_program_is(program: Program) -> None:
    site, answer = program.site, await program.tokens()
    for _ in range(3):
        site.clock.advance(10 * DAY - 100)
        program.nonce = None
        answer = await members(await program.refresh(answer["refresh_token"]))
    assert answer["expires_in"] == 300, "the last whole access token"
    site.clock.advance(200)
    program.nonce = None
    last = await members(await program.refresh(answer["refresh_token"]))
    assert last["expires_in"] == 100, "no token is good for longer than what it came of"
    claims = site.services.oauth.access_tokens.read(last["access_token"])
    assert claims.expires_at == site.clock() + 100
    site.clock.advance(100)
    program.nonce = None
    over = await program.refresh(last["refresh_token"])
    assert (over.status_code, (await members(over))["error"]) == (400, "invalid_grant")
    with pytest.raises(InvalidToken):
        site.services.oauth.access_tokens.read(last["access_token"])
    assert await site.services.oauth.families.live(program.client.owner_id or "") == []


async def test_a_shorter_setting_ends_what_was_allowed_before_it(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running_site(tmp_path / "data", clock=clock) as site:
        program = await alices(site)
        answer = await program.tokens()
    clock.advance(3_600)
    async with running_site(tmp_path / "data", clock=clock, oauth_family_seconds=3_600) as site:
        program.site, program.nonce = site, None
        over = await program.refresh(answer["refresh_token"])
        assert (await members(over))["error"] == "invalid_grant"
        assert await site.services.oauth.families.live(program.client.owner_id or "") == []


async def test_a_service_that_proves_its_registered_key_is_not_ended(site: Site) -> None:
    service = await service_of(site)
    for _ in range(2):
        answer = await members(await service.post("/oauth/token", grant_type="client_credentials"))
        assert answer["expires_in"] == 300
        site.clock.advance(40 * DAY)
        service.nonce = None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "For 30 days, unless you end it on the account page or it stays unused for 14 days."),
        (
            {"oauth_refresh_seconds": 5_400, "oauth_family_seconds": 86_400},
            "For 1 day, unless you end it on the account page or it stays unused for 90 minutes.",
        ),
    ],
)
async def test_the_decision_names_both_lives_as_they_are_set(
    tmp_path: Path, settings: dict[str, int], said: str
) -> None:
    async with running_site(tmp_path / "data", **settings) as site:
        alice = await site.owner()
        user = await site.services.store.user_by_name("alice")
        program = await program_of(site, user.id if user else None)
        asked = await site.services.oauth.authorization.read(program.request())
        pending = await site.services.oauth.authorization.park(asked, life_seconds=60)
        page = await alice.page(f"/oauth/authorize/consent?request={pending}")
        assert said in await page.get_data(as_text=True)


async def test_the_account_page_says_when_it_ends(site: Site) -> None:
    alice = await site.owner()
    user = await site.services.store.user_by_name("alice")
    program = await program_of(site, user.id if user else None)
    await program.tokens()
    account = await (await alice.page("/account")).get_data(as_text=True)
    ends = datetime.fromtimestamp(site.clock() + 30 * DAY, UTC)
    assert f"{ends:%Y-%m-%dT%H:%M:%SZ}</time> at the latest" in account


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(14 * DAY, "14 days"), (DAY, "1 day"), (36 * 3_600, "36 hours"), (5_400, "90 minutes"), (3_601, "1 hour")],
)
def test_a_duration_is_said_in_the_largest_unit_that_fits(seconds: float, said: str) -> None:
    assert lasting(seconds) == said
