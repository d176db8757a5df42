"""What the application is told, as it happens."""

from __future__ import annotations

import asyncio
import logging

import pytest

from boundgate.protect import EventStream, Refreshed, Registered, Retried, Skipped, Terminated
from boundgate.protect.store import app_hash
from tests.protect.rig import Rig
from tests.support.soft_browser import refresh_headers


async def test_a_session_tells_its_life(rig: Rig) -> None:
    owner = await rig.owner()
    assert owner.key is not None
    session = app_hash("sid-1").hex()[:16]
    rig.clock.advance(100)
    await owner.refresh()
    await owner.sign_out()
    now = rig.clock()
    assert rig.events == [
        Registered(at=now - 100, session=session, user="alice", thumbprint=owner.key.thumbprint, algorithm="ES256"),
        Refreshed(at=now, session=session, user="alice", signatures=2),
        Terminated(at=now, session=session, reason="signed_out"),
    ]


async def test_a_proof_that_did_not_count_is_told(rig: Rig) -> None:
    owner = await rig.owner()
    assert owner.key is not None
    stale = owner.key.refresh_proof("x" * 62)
    await owner.send(
        "POST", "/dbsc/refresh", headers=refresh_headers(owner.session_id or "", stale, origin=owner.origin)
    )
    assert isinstance(rig.events[-1], Retried)
    assert rig.told()[-1] == "Retried challenge_stale"


async def test_asking_for_a_challenge_is_no_event(rig: Rig) -> None:
    owner = await rig.owner()
    owner.challenge = None
    await owner.refresh()
    assert rig.told() == ["Registered", "Refreshed"]


async def test_what_a_browser_skipped_is_told_and_grants_nothing(rig: Rig) -> None:
    browser = rig.browser(dbsc=False)
    await browser.sign_in()
    rig.clock.advance(100)
    header = {"Secure-Session-Skipped": 'quota_exceeded;session_identifier="x", unreachable'}
    assert (await browser.visit("GET", "/account", **header)).status == 401
    assert rig.told() == ["Skipped quota_exceeded", "Refused binding_required"]
    assert isinstance(rig.events[0], Skipped)
    await browser.visit("GET", "/account", **{"Secure-Session-Skipped": '"junk'})
    assert rig.told()[2:] == ["Refused binding_required"]


async def test_no_event_holds_anything_that_could_be_presented(rig: Rig) -> None:
    owner = await rig.owner()
    await owner.refresh()
    await owner.copy_jar(address="203.0.113.1").visit("GET", "/account")
    await owner.sign_out()
    told = repr(rig.events)
    secrets = [owner.session_id, "sid-1", *(value for value, _ in owner.jar.values() if value)]
    assert not [secret for secret in secrets if secret and secret in told]


async def test_a_stream_gives_everything_in_order_and_ends_with_the_application(rig: Rig) -> None:
    stream = rig.dbsc.events()
    owner = await rig.owner()
    await owner.sign_out()
    await rig.dbsc.close()
    assert [event async for event in stream] == rig.events
    assert stream.dropped == 0


async def test_a_stream_waits_for_what_comes() -> None:
    stream = EventStream()
    waiting = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    event = Terminated(at=1.0, session=None, reason="x")
    stream.put(event)
    assert await waiting == event
    ending = asyncio.create_task(anext(stream, None))
    await asyncio.sleep(0)
    stream.close()
    assert await ending is None


async def test_a_slow_reader_loses_the_oldest_and_is_told_how_many() -> None:
    stream = EventStream(capacity=2)
    for number in range(5):
        stream.put(Terminated(at=float(number), session=None, reason="x"))
    assert stream.dropped == 3
    assert (await anext(stream)).at == 3.0


async def test_streams_that_nobody_reads_any_more_are_forgotten(rig: Rig) -> None:
    stream = rig.dbsc.events()
    assert len(rig.dbsc._engine.events._streams) == 1
    del stream
    assert len(rig.dbsc._engine.events._streams) == 0


async def test_a_callback_that_fails_fails_no_request(caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: object) -> None:
        raise RuntimeError("secret")

    rig = Rig(on_event=fail)
    with caplog.at_level(logging.ERROR):
        await rig.owner()
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text
    await rig.close()
