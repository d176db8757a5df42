"""Two workers in this process, over one database and one Valkey: what one does to a session, the other knows."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.oauth.model import FamilyEnd
from boundgate.sessions.model import News
from boundgate.storage import ValkeyHotState
from boundgate.storage.valkey_news import read_news
from boundgate.terms import EndReason
from tests.gateway.fakes import ScriptedUpstream, chunk
from tests.support.keys import FakeClock
from tests.support.oauth import program_of
from tests.support.services import ValkeyServer
from tests.support.site import BOUND, Site, SoftBrowser, running_site
from tests.support.token_calls import TokenCaller, code_of


@asynccontextmanager
async def two_workers(data_dir: Path, url: str, **options: Any) -> AsyncIterator[tuple[Site, Site]]:
    """Under one clock that stands still, so that no cached record runs out."""
    shared = {"clock": FakeClock(), "hot_state_url": url, "hot_state_prefix": f"test-{secrets.token_hex(6)}"}
    async with (
        running_site(data_dir, **shared, **options) as one,
        running_site(data_dir, **shared, **options) as other,
    ):
        yield one, other


async def until(condition: Callable[[], Any]) -> None:
    for _ in range(5_000):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it did not happen in time")


def at(site: Site, browser: SoftBrowser) -> SoftBrowser:
    """The same browser, whose requests another worker gets."""
    return dataclasses.replace(browser, site=site)


async def test_a_session_that_ends_at_one_worker_is_refused_by_another_that_has_just_read_it(
    tmp_path: Path, valkey_url: str
) -> None:
    async with two_workers(tmp_path / "data", valkey_url) as (one, other):
        owner = await one.owner()
        there = at(other, owner)
        assert (await there.bare_chat()).status_code == 200
        await one.services.sessions.end([owner.session_id or ""], EndReason.ENDED_BY_OWNER)

        for _ in range(500):
            refused = await there.bare_chat()
            if refused.status_code != 200:
                break
            await asyncio.sleep(0.01)
        assert (await refused.get_json())["error"]["code"] == "session_revoked"
        answer = await there.refresh()
        assert (answer.status_code, (await answer.get_json(force=True))["continue"]) == (200, False)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "plain"])
async def test_the_end_of_a_session_cuts_its_calls_at_the_other_worker_and_nobody_elses(
    tmp_path: Path, valkey_url: str, stream: bool
) -> None:
    silent = asyncio.Event()
    upstream = ScriptedUpstream(chunk("first "), silent, chunk("second"), b"data: [DONE]\n\n")
    async with two_workers(tmp_path / "data", valkey_url, upstream=upstream) as (one, other):
        owner, bystander = at(other, await one.owner()), at(other, await one.owner("bob"))
        call = asyncio.create_task(owner.chat(stream=stream))
        others = asyncio.create_task(bystander.chat(stream=True))
        await until(lambda: upstream.answer.taken == 2)
        await one.services.sessions.end([owner.session_id or ""], EndReason.ENDED_BY_OWNER)
        response = await asyncio.wait_for(call, 10)
        assert "session_revoked" in await response.get_data(as_text=True)
        assert not others.done()
        silent.set()
        assert "second" in await (await others).get_data(as_text=True)


async def test_an_end_that_was_missed_cuts_the_call_once_the_worker_hears_again(
    tmp_path: Path, valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("boundgate.storage.valkey_news.AGAIN_SECONDS", 0.01)
    silent = asyncio.Event()
    upstream = ScriptedUpstream(chunk("first "), silent, chunk("second"), b"data: [DONE]\n\n")
    async with two_workers(tmp_path / "data", valkey.url, upstream=upstream) as (one, other):
        owner = at(other, await one.owner())
        call = asyncio.create_task(owner.chat(stream=True))
        await until(lambda: upstream.answer.taken == 1)
        valkey.stop()
        await one.services.sessions.end([owner.session_id or ""], EndReason.ENDED_BY_OWNER)
        valkey.start()
        response = await asyncio.wait_for(call, 10)
        assert "session_revoked" in await response.get_data(as_text=True)
        silent.set()


async def test_a_key_that_one_worker_takes_is_known_at_once_to_one_that_saw_the_session_without(
    tmp_path: Path, valkey_url: str
) -> None:
    async with two_workers(tmp_path / "data", valkey_url) as (one, other):
        owner = one.browser(dbsc=False)
        await owner.enrol(await one.services.enrolment.invite("alice"))
        there = at(other, owner)
        assert (await there.state())["state"] == "binding"
        owner.dbsc = True
        assert (await owner.register()).status_code == 200
        there = at(other, owner)
        assert (await there.state())["state"] == "bound"
        assert (await there.refresh()).status_code == 200


async def test_a_new_epoch_is_learnt_by_all_workers_without_a_call(tmp_path: Path, valkey: ValkeyServer) -> None:
    async with two_workers(tmp_path / "data", valkey.url) as (one, other):
        hot: list[ValkeyHotState] = [site.services.sessions._hot for site in (one, other)]  # type: ignore[misc]
        before = hot[1].epoch
        valkey.command("FLUSHALL")
        await hot[0].signatures("anybody", now=1.0, window_seconds=1.0)
        assert hot[0].epoch != before
        await until(lambda: hot[1].epoch == hot[0].epoch)


async def test_a_browser_survives_the_loss_of_everything_shared(tmp_path: Path, valkey: ValkeyServer) -> None:
    async with two_workers(tmp_path / "data", valkey.url) as (one, other):
        owner = await one.owner()
        valkey.command("FLUSHALL")
        there = at(other, owner)
        assert (await there.refresh()).status_code == 200
        assert (await there.bare_chat()).status_code == 200
        assert (await at(one, there).bare_chat()).status_code == 200


async def test_while_valkey_is_away_everything_is_503_and_the_session_is_kept(
    tmp_path: Path, valkey: ValkeyServer
) -> None:
    async with two_workers(tmp_path / "data", valkey.url) as (one, _):
        owner = await one.owner()
        valkey.stop()
        assert (await owner.bare_chat()).status_code == 503
        key, session_id = owner.key, owner.session_id
        refused = await owner.refresh()
        assert refused.status_code == 503
        assert "Set-Cookie" not in refused.headers
        assert (owner.key, owner.session_id, owner.cookie(BOUND) is not None) == (key, session_id, True)
        valkey.start()
        assert (await owner.refresh()).status_code == 200


texts = st.text(max_size=20)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
)


@given(st.binary(max_size=200) | anything.map(lambda value: repr(value).encode(errors="replace")))
def test_no_message_of_a_stranger_is_an_error(data: bytes) -> None:
    assert read_news(data, but_from="us") is None


def test_news_is_read_as_it_was_told_and_one_s_own_is_not() -> None:
    told = b'{"by": "them", "ended": true, "ids": ["a", "b"]}'
    assert read_news(told, but_from="us") == News(("a", "b"), ended=True)
    assert read_news(told, but_from="them") is None
    assert read_news(told.replace(b"true", b"1"), but_from="us") is None
    assert read_news(told.replace(b'"b"', b"2"), but_from="us") is None


async def test_a_family_that_ends_at_one_worker_is_refused_and_cut_at_another(tmp_path: Path, valkey_url: str) -> None:
    silent = asyncio.Event()
    upstream = ScriptedUpstream(chunk("first "), silent, chunk("second"))
    async with two_workers(tmp_path / "data", valkey_url, upstream=upstream) as (one, other):
        await one.owner()
        user = await one.services.store.user_by_name("alice")
        assert user is not None
        program = await program_of(one, user.id)
        caller = await TokenCaller.of(program)
        there = dataclasses.replace(caller, site=other)
        # A nonce of the one is a nonce of the other, and a proof counts once among them.
        proof = there.proof()
        assert (await there.models(proofs=[proof])).status_code == 200
        assert await code_of(await caller.models(proofs=[proof])) == (401, "invalid_dpop_proof")
        call = asyncio.create_task(there.chat(stream=True))
        await until(lambda: upstream.answer.taken == 1)
        family_id = one.services.oauth.access_tokens.read(caller.token).family_id
        await one.services.oauth.families.end([family_id], FamilyEnd.ENDED_BY_OWNER)
        assert "session_revoked" in await (await asyncio.wait_for(call, 5)).get_data(as_text=True)
        assert await code_of(await there.models()) == (401, "session_revoked")
        silent.set()


async def test_news_that_were_missed_are_caught_up_with(tmp_path: Path) -> None:
    silent = asyncio.Event()
    upstream = ScriptedUpstream(chunk("first "), silent, chunk("second"))
    async with running_site(tmp_path / "data", upstream=upstream, session_cache_seconds=60) as site:
        await site.owner()
        user = await site.services.store.user_by_name("alice")
        assert user is not None
        caller = await TokenCaller.of(await program_of(site, user.id))
        call = asyncio.create_task(caller.chat(stream=True))
        await until(lambda: upstream.answer.taken == 1)
        # As a command beside the server does, which tells by a file that something has changed.
        grants = site.services.oauth.grants
        family_id = site.services.oauth.access_tokens.read(caller.token).family_id
        await grants.end([family_id], now=site.clock(), reason=FamilyEnd.CLIENT_REMOVED)
        (tmp_path / "data" / "sessions.news").write_bytes(b".")
        assert "session_revoked" in await (await asyncio.wait_for(call, 5)).get_data(as_text=True)
        assert await code_of(await caller.models()) == (401, "session_revoked")
        silent.set()
