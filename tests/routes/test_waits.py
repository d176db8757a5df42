"""What happens to a session while one of its requests waits: for its body, for the database, for a restart."""

from __future__ import annotations

import asyncio
import json

import pytest

from boundgate.terms import EndReason
from tests.support.site import HELLO, Site, SoftBrowser, running_site


async def chat_with_a_slow_body(browser: SoftBrowser, meanwhile) -> tuple[int, str | None]:
    """Send half a chat, run `meanwhile`, send the other half."""
    jar = "; ".join(f"{name}={value}" for name, (value, _) in browser.jar.items())
    headers = {"Host": "localhost:8443", "Cookie": jar, "Content-Type": "application/json"}
    client = browser.site.app.test_client(use_cookies=False)
    scope = {"client": (browser.address, 40000)}
    body = json.dumps(HELLO).encode()
    path = "/v1/chat/completions"
    async with client.request(path, method="POST", headers=headers, scheme="https", scope_base=scope) as connection:
        await connection.send(body[:10])
        await asyncio.sleep(0.05)
        await meanwhile()
        await connection.send(body[10:])
        await connection.send_complete()
    response = await connection.as_response()
    answer = await response.get_json()
    return response.status_code, answer.get("error", {}).get("code")


async def test_a_session_that_ends_before_its_body_is_complete_buys_nothing(site: Site, owner: SoftBrowser) -> None:
    async def sign_out() -> None:
        await site.services.sessions.end([owner.session_id or ""], EndReason.SIGNED_OUT)

    assert await chat_with_a_slow_body(owner, sign_out) == (401, "session_revoked")
    assert (await site.decisions())[-1] == "session_revoked"


async def test_a_bound_cookie_that_expires_before_its_body_is_complete_buys_nothing(
    site: Site, owner: SoftBrowser
) -> None:
    async def wait() -> None:
        site.clock.advance(301)

    assert await chat_with_a_slow_body(owner, wait) == (401, "proof_required")


async def test_an_end_that_overtakes_a_read_of_the_session_wins(
    site: Site, owner: SoftBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.clock.advance(2)
    store, gate, reading = site.services.sessions._store, asyncio.Event(), asyncio.Event()
    read = store.view_by_login

    async def slowly(login_hash: bytes):
        found = await read(login_hash)
        reading.set()
        await gate.wait()
        return found

    monkeypatch.setattr(store, "view_by_login", slowly)
    call = asyncio.create_task(owner.bare_chat())
    await reading.wait()
    await site.services.sessions.end([owner.session_id or ""], EndReason.SIGNED_OUT)
    gate.set()
    assert (await call).status_code == 401


async def test_a_superseded_value_stays_so_when_the_first_thing_after_a_restart_is_a_refresh(tmp_path) -> None:
    async with running_site(tmp_path / "data") as site:
        owner = await site.owner()
        thief = owner.copy_jar()
        site.clock.advance(5)
        assert (await owner.refresh()).status_code == 200
        assert (await owner.bare_chat()).status_code == 200
        crossing = owner.copy_jar()
        site.clock.advance(20)
    async with running_site(tmp_path / "data", clock=site.clock) as site:
        owner.site = thief.site = crossing.site = site
        assert (await owner.refresh()).status_code == 200
        assert (await thief.bare_chat()).status_code == 307
        assert (await crossing.bare_chat()).status_code == 200, "what was the newest value is on its way still"
        assert (await owner.bare_chat()).status_code == 200


async def test_a_living_sign_in_outlives_the_retention_of_records(tmp_path) -> None:
    week = {"login_seconds": 7 * 86_400, "login_idle_seconds": 86_400, "audit_retention_days": 1}
    async with running_site(tmp_path / "data", **week) as site:
        owner = await site.owner()
        for _ in range(3):
            site.clock.advance(40_000)
            assert (await owner.chat()).status_code == 200
            await site.services.flush()
        await site.services.prune()
        site.clock.advance(2)
        assert (await owner.bare_chat()).status_code == 200
