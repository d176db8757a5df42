"""Challenges sent ahead on ordinary answers: a refresh takes one round trip also after everything hot was lost."""

from __future__ import annotations

from pathlib import Path

from tests.support.keys import FakeClock
from tests.support.site import LOGIN, Site, SoftBrowser, running_site
from tests.support.soft_browser import read_challenge

CHALLENGE = "Secure-Session-Challenge"


async def test_none_is_sent_while_the_one_of_the_last_refresh_will_do(site: Site, owner: SoftBrowser) -> None:
    site.clock.advance(150)
    assert CHALLENGE not in (await owner.chat()).headers
    assert CHALLENGE not in (await owner.page("/playground")).headers


async def test_past_half_of_the_cookie_s_life_it_is_sent_to_its_holder_alone(site: Site, owner: SoftBrowser) -> None:
    site.clock.advance(151)
    for answer in (await owner.bare_chat(), await owner.page("/playground")):
        assert read_challenge(answer.headers[CHALLENGE], owner.session_id or "")
    elsewhere = owner.copy_jar(address="203.0.113.9")
    login_alone = owner.copy_jar()
    login_alone.jar = {LOGIN: owner.jar[LOGIN]}
    for thief in (elsewhere, login_alone, site.browser()):
        assert CHALLENGE not in (await thief.bare_chat()).headers
        assert CHALLENGE not in (await thief.page("/playground")).headers


async def test_after_a_restart_the_next_refresh_is_one_round_trip(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running_site(tmp_path / "data", clock=clock) as site:
        owner = await site.owner()
    async with running_site(tmp_path / "data", clock=clock) as site:
        owner.site = site
        clock.advance(200)
        answer = await owner.bare_chat()
        owner.challenge = read_challenge(answer.headers[CHALLENGE], owner.session_id or "")
        assert (await owner.refresh()).status_code == 200
        assert await site.events("dbsc.challenge") == []
