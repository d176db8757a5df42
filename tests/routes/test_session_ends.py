"""What an end of a session reaches: calls under way, the browser's other cookies, pages; and what it leaves alone."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from boundgate.sessions.service import REGISTER_PURPOSE, hash_value
from boundgate.terms import EndReason
from tests.gateway.fakes import ScriptedUpstream, chunk
from tests.support.site import BOUND, FRESH, LOGIN, ORIGIN, Site, SoftBrowser, running_site
from tests.support.soft_browser import SoftDbsc, read_offers, registration_headers


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "plain"])
@pytest.mark.parametrize("how", ["owner", "recovery", "sign-in"])
async def test_the_end_of_a_session_cuts_its_calls_and_nobody_elses(tmp_path: Path, how: str, stream: bool) -> None:
    silent = asyncio.Event()
    upstream = ScriptedUpstream(chunk("first "), silent, chunk("second"), b"data: [DONE]\n\n")
    async with running_site(tmp_path / "data", upstream=upstream) as site:
        owner, other = await site.owner(), await site.owner("bob")
        call = asyncio.create_task(owner.chat(stream=stream))
        bystander = asyncio.create_task(other.chat(stream=True))
        await under_way(upstream, 2)
        await end(site, owner, how)
        response = await asyncio.wait_for(call, 5)
        text = await response.get_data(as_text=True)
        assert "session_revoked" in text
        assert "second" not in text
        assert response.status_code == (200 if stream else 401)
        assert not bystander.done()
        silent.set()
        assert "second" in await (await bystander).get_data(as_text=True)


async def under_way(upstream: ScriptedUpstream, calls: int) -> None:
    for _ in range(10_000):
        if upstream.answer.taken == calls:
            return
        await asyncio.sleep(0.001)
    raise AssertionError("the calls have not begun")


async def end(site: Site, owner: SoftBrowser, how: str) -> None:
    if how == "owner":
        await site.services.sessions.end([owner.session_id or ""], EndReason.ENDED_BY_OWNER)
    elif how == "recovery":
        await site.services.enrolment.recover("alice")
    else:
        again = owner.copy_jar()
        again.authenticator = owner.authenticator
        assert (await again.sign_in()).status_code == 303


@pytest.mark.parametrize("left", [(LOGIN,), (BOUND,), (LOGIN, BOUND, FRESH)], ids=str)
async def test_a_sign_in_ends_the_session_that_any_one_cookie_names(site: Site, owner: SoftBrowser, left) -> None:
    copied = owner.copy_jar()
    owner.jar = {name: entry for name, entry in owner.jar.items() if name in left}
    owner.key = None
    assert (await owner.sign_in()).status_code == 303
    refused = await copied.bare_chat()
    assert (await refused.get_json())["error"]["code"] == "session_revoked"


async def test_a_forged_cookie_ends_nobodys_session(site: Site, owner: SoftBrowser) -> None:
    stranger = await site.owner("mallory", dbsc=False)
    body, _, tag = (owner.cookie(BOUND) or "").rpartition(".")
    stranger.jar[BOUND] = (f"{body}.{tag[::-1]}", float("inf"))
    stranger.jar[LOGIN] = ((owner.session_id or "").ljust(43, "A"), float("inf"))
    assert (await stranger.sign_in()).status_code == 303
    assert (await owner.bare_chat()).status_code == 200


@pytest.mark.parametrize("cause", ["ended", "idle", "old"])
async def test_an_ended_sign_in_shows_no_page_and_confirms_no_act(site: Site, owner: SoftBrowser, cause: str) -> None:
    if cause == "ended":
        await site.services.sessions.end([owner.session_id or ""], EndReason.ENDED_BY_OWNER)
    elif cause == "idle":
        site.clock.advance(3601)
    else:
        for _ in range(13):
            site.clock.advance(3500)
            site.services.journal.seen(owner.session_id or "", site.clock())
            await site.services.flush()
    thief = owner.copy_jar()
    thief.jar = {name: (value, float("inf")) for name, (value, _) in owner.jar.items()}
    for path in ("/account", "/playground"):
        assert ((await thief.page(path)).status_code, (await thief.page(path)).headers["Location"]) == (303, "/")
    confirm = await thief.fetch("POST", "/account/confirm", {"act": "passkey.add"})
    assert confirm.status_code == 401
    assert (await thief.fetch("GET", "/playground/spend")).status_code == 401
    assert (await thief.bare_chat()).status_code == 401


async def test_a_newer_value_that_nobody_has_used_leaves_the_older_one_good(site: Site, owner: SoftBrowser) -> None:
    waiting = owner.copy_jar()
    site.clock.advance(1)
    assert (await owner.refresh()).status_code == 200
    # The record has the newer value's number by now, and its time; that alone supersedes nothing.
    await site.services.flush()
    site.clock.advance(60)
    assert (await waiting.bare_chat()).status_code == 200


async def test_no_other_answer_than_that_to_a_passkey_form_carries_an_offer(site: Site, owner: SoftBrowser) -> None:
    lapsed = owner.copy_jar()
    del lapsed.jar[BOUND], lapsed.jar[FRESH]
    browsers = [site.browser(), await site.owner("bob", dbsc=False), owner, lapsed]
    paths = {rule.replace("<name>", "n").replace("<path:path>", "p") for _, rule in site.routes()}
    for browser in browsers:
        for path in sorted(paths - {"/static/<path:filename>"}):
            for answer in (await browser.page(path), await browser.submit(path)):
                assert "Secure-Session-Registration" not in answer.headers, path


async def test_an_offer_expires_twice_over(site: Site) -> None:
    """By its own time, and by that of its challenge: either alone would do."""
    late, longer = await site.owner("late", dbsc=False), await site.owner("longer", dbsc=False)
    offers = [read_offers(browser.offer or "")[0] for browser in (late, longer)]
    with closing(sqlite3.connect(site.services.settings.data_dir / "boundgate.sqlite3")) as connection, connection:
        row = "SELECT session_id FROM offers WHERE authorization_hash = ?"
        session_id = connection.execute(row, [hash_value(offers[0].authorization or "")]).fetchone()[0]
        update = "UPDATE offers SET expires_at = expires_at + 100 WHERE authorization_hash = ?"
        connection.execute(update, [hash_value(offers[1].authorization or "")])
    site.clock.advance(31)
    fresh = site.services.sessions._challenges.issue(purpose=REGISTER_PURPOSE, context=session_id)
    for browser, challenge, authorization in (
        (late, fresh, offers[0].authorization),
        (longer, offers[1].challenge, offers[1].authorization),
    ):
        proof = SoftDbsc().registration_proof(challenge, authorization)
        response = await browser.send("POST", "/dbsc/register", headers=registration_headers(proof, origin=ORIGIN))
        assert response.status_code == 403
        assert (await browser.state())["state"] == "unbound"


async def test_an_end_reaches_calls_also_where_its_own_client_hangs_up(tmp_path: Path) -> None:
    silent, stored = asyncio.Event(), asyncio.Event()
    upstream = ScriptedUpstream(chunk("first "), silent, chunk("second"), b"data: [DONE]\n\n")
    async with running_site(tmp_path / "data", upstream=upstream) as site:
        owner = await site.owner()
        call = asyncio.create_task(owner.chat(stream=True))
        await under_way(upstream, 1)
        store_end = site.services.sessions._store.end

        async def end(*given, **named):
            ended = await store_end(*given, **named)
            stored.set()
            await asyncio.sleep(0.01)
            return ended

        site.services.sessions._store.end = end
        ending = asyncio.create_task(site.services.sessions.end([owner.session_id or ""], EndReason.ENDED_BY_OWNER))
        await stored.wait()
        ending.cancel()
        await asyncio.sleep(0.05)
        silent.set()
        assert "second" not in await (await asyncio.wait_for(call, 5)).get_data(as_text=True)
