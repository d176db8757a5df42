"""What only the shared implementation does: epochs that follow the server's life, failures, refusals at the start."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.certificates import development_certificate
from boundgate.clock import system_clock, system_random
from boundgate.dbsc import KnownMint, Minted, ValidChallenge
from boundgate.errors import StorageUnavailable
from boundgate.sessions.ports import HotState
from boundgate.storage import MemoryHotState, ValkeyHotState, ValkeyLink
from boundgate.storage import valkey_link as links
from e2e.support.server import free_port
from tests.support.services import ValkeyServer, running_valkey

NOW = 1_800_000_000.0
RULES: dict[str, float] = {"window_seconds": 540.0, "keep_seconds": 300.0}


@asynccontextmanager
async def connected(url: str, prefix: str = "boundgate") -> AsyncIterator[ValkeyHotState]:
    link = ValkeyLink(url, prefix=prefix)
    hot = ValkeyHotState(link, random=system_random)
    try:
        await hot.open()
        yield hot
    finally:
        await link.aclose()


@pytest.fixture
async def hot(valkey: ValkeyServer) -> AsyncIterator[ValkeyHotState]:
    async with connected(valkey.url) as one:
        yield one


@pytest.fixture
async def other(valkey: ValkeyServer, hot: ValkeyHotState) -> AsyncIterator[ValkeyHotState]:
    async with connected(valkey.url) as another:
        yield another


def challenge(hot: HotState, name: bytes = b"c", until: float = NOW + 905) -> ValidChallenge:
    return ValidChallenge(name, until - 5, until, hot.epoch)


async def prove(hot: HotState, used: ValidChallenge | None = None, session_id: str = "s") -> Minted | None:
    return await hot.prove(session_id, challenge=used, at_least=1, known=None, now=NOW, **RULES)


async def test_of_two_workers_one_uses_a_challenge(hot: ValkeyHotState, other: ValkeyHotState) -> None:
    assert hot.epoch == other.epoch
    for number in range(50):
        one = challenge(hot, b"%d" % number)
        found = await asyncio.gather(prove(hot, one), prove(other, one), prove(other, one))
        assert [minted.mint for minted in found if minted] == [number + 1]


async def test_what_one_worker_notes_the_other_knows(hot: ValkeyHotState, other: ValkeyHotState) -> None:
    await prove(hot)
    assert await other.newest_mint_at("s") == NOW
    assert await other.signatures("s", now=NOW, window_seconds=540) == 1
    assert await hot.note_use("s", 2, now=NOW, keep_seconds=300) is None
    assert await other.note_use("s", 1, now=NOW + 1, keep_seconds=300) == NOW


async def restart(valkey: ValkeyServer) -> None:
    valkey.stop()
    valkey.start()


async def restart_from_a_snapshot(valkey: ValkeyServer) -> None:
    await restart(valkey)
    assert int(valkey.command("DBSIZE")[1:]) > 1, "the snapshot was loaded"


def flush(valkey: ValkeyServer) -> None:
    assert valkey.command("FLUSHALL").startswith(b"+OK")


async def lose_everything(valkey: ValkeyServer) -> None:
    flush(valkey)


async def flush_and_restart(valkey: ValkeyServer) -> None:
    flush(valkey)
    await restart(valkey)


LOSSES = [lose_everything, restart, restart_from_a_snapshot, flush_and_restart]


@pytest.mark.parametrize("lose", LOSSES)
async def test_a_challenge_used_before_a_loss_is_refused_after_it_and_so_is_one_issued_before(
    lose: Callable[[ValkeyServer], Any], valkey: ValkeyServer, hot: ValkeyHotState, other: ValkeyHotState
) -> None:
    before, used, unused = hot.epoch, challenge(hot, b"used"), challenge(hot, b"unused")
    await prove(hot)
    if lose is restart_from_a_snapshot:
        valkey.command("SAVE")
    assert await prove(hot, used) is not None
    await lose(valkey)
    assert await prove(other, used) is None
    assert await prove(other, unused) is None
    assert other.epoch != before
    assert await prove(hot, used) is None
    assert hot.epoch == other.epoch, "all workers learn the same one"
    fresh = challenge(hot, b"fresh")
    assert await prove(other, fresh) == Minted(1, 1), "nothing of what was there before is seen"
    assert await prove(hot, fresh) is None


async def test_after_a_loss_nothing_old_is_read(valkey: ValkeyServer, hot: ValkeyHotState) -> None:
    await prove(hot)
    await hot.note_use("s", 5, now=NOW, keep_seconds=300)
    valkey.command("SAVE")
    await restart_from_a_snapshot(valkey)
    assert await hot.newest_mint_at("s") is None
    assert await hot.signatures("s", now=NOW, window_seconds=540) == 0
    assert await hot.note_use("s", 1, now=NOW, keep_seconds=300) is None


@pytest.mark.parametrize("words", [("CONFIG", "RESETSTAT"), ("SCRIPT", "FLUSH"), ("CLIENT", "KILL", "TYPE", "normal")])
async def test_what_loses_nothing_keeps_the_epoch(
    words: tuple[str, ...], valkey: ValkeyServer, hot: ValkeyHotState
) -> None:
    before, one = hot.epoch, challenge(hot)
    assert await prove(hot, one) is not None
    valkey.command(*words)
    assert await prove(hot, one) is None
    assert await prove(hot) == Minted(2, 2)
    assert hot.epoch == before
    async with connected(valkey.url) as newcomer:
        assert newcomer.epoch == before


async def test_another_server_behind_the_same_connection_changes_the_epoch(
    valkey: ValkeyServer, hot: ValkeyHotState
) -> None:
    """A proxy may keep our connection and turn to a replica that lacks the last uses; its `run_id` tells."""
    with running_valkey() as replica:
        async with connected(replica.url) as moved:
            await moved._link.call("SET", moved._key, hot._epoch.stored)
            moved._now = hot._now
            assert await prove(moved, challenge(hot)) is None
            assert moved.epoch != hot.epoch
            assert await prove(moved, challenge(moved)) == Minted(1, 1)


async def test_two_deployments_share_a_server_by_their_prefixes(valkey: ValkeyServer) -> None:
    async with connected(valkey.url, "one") as one, connected(valkey.url, "two") as two:
        assert one.epoch != two.epoch
        await prove(one)
        assert await two.newest_mint_at("s") is None


async def test_every_key_has_an_end(valkey: ValkeyServer, hot: ValkeyHotState) -> None:
    await hot.prove("s", challenge=challenge(hot), at_least=9, known=KnownMint(8, NOW - 1), now=NOW, **RULES)
    await hot.consume(challenge(hot, b"later", NOW + 5_000), now=NOW + 1_000)
    await hot.note_use("s", 9, now=NOW, keep_seconds=300)
    names = re.findall(rb"\{boundgate\}:[^\r\n]+", valkey.command("KEYS", "*"))
    assert len(names) == 6
    ends = {name: int(valkey.command("TTL", name.decode())[1:]) for name in names}
    assert min(ends.values()) > 300
    epoch = ends.pop(b"{boundgate}:epoch")
    assert all(life > epoch for name, life in ends.items() if name.endswith((b":used", b":forgotten")))


async def test_one_busy_session_takes_bounded_memory(hot: ValkeyHotState, valkey: ValkeyServer) -> None:
    for number in range(1_500):
        now = NOW + number / 1_000
        minted = await hot.prove("s", challenge=None, at_least=1, known=None, now=now, **RULES)
    assert minted == Minted(1_500, 1_024)
    for number in range(1_000):
        await hot.note_use("s", number + 1, now=NOW + number, keep_seconds=300)
    (uses,) = re.findall(rb"\{boundgate\}:\w+:u:s", valkey.command("KEYS", "*:u:s"))
    assert valkey.command("ZCARD", uses.decode()) == b":300\r\n"


async def test_used_challenges_are_forgotten_once_expired(hot: ValkeyHotState, valkey: ValkeyServer) -> None:
    for number in range(1_000):
        await hot.consume(challenge(hot, b"%d" % number, NOW + number + 100), now=NOW + number)
    (used,) = re.findall(rb"\{boundgate\}:\w+:used", valkey.command("KEYS", "*:used"))
    assert valkey.command("ZCARD", used.decode()) == b":100\r\n"


async def test_a_server_that_is_away_is_a_declared_error_and_is_found_again(
    valkey: ValkeyServer, hot: ValkeyHotState, caplog: pytest.LogCaptureFixture
) -> None:
    valkey.stop()
    one = challenge(hot)
    calls: list[Callable[[], Any]] = [
        lambda: hot.consume(one, now=NOW),
        lambda: prove(hot, one),
        lambda: prove(hot),
        lambda: hot.signatures("s", now=NOW, window_seconds=540),
        lambda: hot.note_use("s", 1, now=NOW, keep_seconds=300),
        lambda: hot.newest_mint_at("s"),
        hot.renew,
    ]
    for call in calls:
        with pytest.raises(StorageUnavailable) as raised:
            await call()
        assert str(valkey.socket) not in raised.value.detail
    assert hot.epoch
    assert str(valkey.socket) not in caplog.text
    valkey.start()
    assert await prove(hot) == Minted(1, 1)


async def test_a_server_that_hangs_costs_no_more_than_the_time_set(
    valkey: ValkeyServer, hot: ValkeyHotState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "CALL_SECONDS", 0.2)
    valkey.pause(paused=True)
    found = await asyncio.gather(*(prove(hot) for _ in range(40)), return_exceptions=True)
    assert {type(one) for one in found} == {StorageUnavailable}
    valkey.pause(paused=False)
    monkeypatch.undo()
    assert isinstance(await prove(hot), Minted)


async def test_a_caller_that_hangs_up_leaves_no_answer_for_the_next(hot: ValkeyHotState) -> None:
    for number in range(40):
        task = asyncio.create_task(prove(hot, session_id="gone"))
        for _ in range(number % 8):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await hot.newest_mint_at("never proved") is None
        assert await hot.signatures("never proved", now=NOW, window_seconds=540) == 0


async def test_a_full_server_refuses_and_changes_nothing(valkey: ValkeyServer, hot: ValkeyHotState) -> None:
    one = challenge(hot)
    valkey.command("CONFIG", "SET", "maxmemory", "1")
    with pytest.raises(StorageUnavailable):
        await prove(hot, one)
    valkey.command("CONFIG", "SET", "maxmemory", "0")
    assert await prove(hot, one) == Minted(1, 1)


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-lru", "volatile-ttl", "allkeys-random"])
async def test_a_server_that_may_evict_is_refused_at_the_start(policy: str, valkey: ValkeyServer) -> None:
    valkey.command("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", policy)
    with pytest.raises(StorageUnavailable, match=f"maxmemory-policy is {policy}.*Set maxmemory-policy to noeviction"):
        async with connected(valkey.url):
            pass
    valkey.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
    async with connected(valkey.url):
        pass


async def test_a_server_that_begins_to_evict_when_it_restarts_is_not_used(
    valkey: ValkeyServer, hot: ValkeyHotState
) -> None:
    valkey.stop()
    valkey.start("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
    with pytest.raises(StorageUnavailable):
        await prove(hot)


async def test_a_user_without_config_and_admin_commands_is_enough(valkey: ValkeyServer) -> None:
    rights = "on >s3cret resetkeys ~{boundgate}:* resetchannels &{boundgate}:* -@all +@scripting +@read +@write +info"
    valkey.command("ACL", "SETUSER", "app", *rights.split(), "+publish", "+subscribe", "+ping", "-config")
    async with connected(f"unix://app:s3cret@{valkey.socket}") as hot:
        assert await prove(hot, challenge(hot)) == Minted(1, 1)


async def test_tls_with_a_password_is_spoken_to_a_server_whose_certificate_is_known_and_to_no_other(
    tmp_path: Path,
) -> None:
    tls = development_certificate(tmp_path / "tls", clock=system_clock)
    port, authority = free_port(), tmp_path / "tls" / "ca.pem"
    files = ("--tls-cert-file", str(tls.cert_file), "--tls-key-file", str(tls.key_file))
    options = (*files, "--tls-ca-cert-file", str(authority), "--tls-auth-clients", "no", "--tls-port", str(port))
    with running_valkey(*options) as server:
        server.command("CONFIG", "SET", "requirepass", "s3cret")
        url = f"rediss://:s3cret@localhost:{port}/1"
        async with connected(f"{url}?ssl_ca_certs={authority}") as hot:
            assert await prove(hot, challenge(hot)) == Minted(1, 1)
        with pytest.raises(StorageUnavailable, match="no Valkey or Redis answers there"):
            async with connected(url):
                pass


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("redis://:s3cret@127.0.0.1:1/0", "no Valkey or Redis answers there"),
        ("unix://:s3cret@{socket}", "refuses the user name or password"),
    ],
)
async def test_a_server_that_cannot_be_used_is_a_sentence_without_the_password(
    url: str, reason: str, valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    valkey.command("CONFIG", "SET", "requirepass", "another")
    with pytest.raises(StorageUnavailable, match=f"hot_state_url: .*{reason}") as raised:
        async with connected(url.format(socket=valkey.socket)):
            pass
    assert "s3cret" not in raised.value.detail + caplog.text


steps = st.lists(
    st.tuples(
        st.sampled_from(["consume", "prove", "prove with", "prove known", "note_use", "signatures", "newest_mint_at"]),
        st.integers(0, 2),
        st.integers(0, 12),
        st.sampled_from([0.0, 0.001, 1.0, 7.3, 40.0, 200.0]),
    ),
    max_size=40,
)


async def test_it_agrees_with_the_memory_of_one_process_whatever_happens(valkey_url: str) -> None:
    examples = []

    @given(steps)
    def collect(taken: list[tuple[str, int, int, float]]) -> None:
        examples.append(taken)

    collect()
    for taken in examples:
        async with connected(valkey_url, f"agree-{secrets.token_hex(6)}") as shared:
            memory, now, ends = MemoryHotState(system_random), NOW, dict[bytes, float]()
            for kind, session, number, pause in taken:
                now += pause
                name = b"%d" % number
                until = ends.setdefault(name, now + 60.5)
                found = [
                    await one(hot, kind, f"s{session}", number, ValidChallenge(name, until, until, hot.epoch), now)
                    for hot in (memory, shared)
                ]
                assert found[0] == found[1], (taken, kind, number)


@pytest.mark.parametrize("seed", range(5))
async def test_no_challenge_is_used_twice_however_the_clock_moves(seed: int, hot: ValkeyHotState) -> None:
    moves, used, now = random.Random(seed), set[bytes](), NOW
    ends = {b"%d" % number: NOW + moves.uniform(1, 300) for number in range(12)}
    for _ in range(300):
        now += moves.uniform(-30, 33)
        name = moves.choice(sorted(ends))
        done = await hot.consume(challenge(hot, name, ends[name]), now=now)
        assert not (done and (name in used or ends[name] <= now))
        used |= {name} if done else set()
    assert used


async def one(hot: HotState, kind: str, session: str, number: int, used: ValidChallenge, now: float) -> object:
    if kind == "consume":
        return await hot.consume(used, now=now)
    if kind == "note_use":
        return await hot.note_use(session, number, now=now, keep_seconds=50.0)
    if kind == "signatures":
        return await hot.signatures(session, now=now, window_seconds=90.0)
    if kind == "newest_mint_at":
        return await hot.newest_mint_at(session)
    return await hot.prove(
        session,
        challenge=used if kind == "prove with" else None,
        at_least=number,
        known=KnownMint(number, now - 3.125) if kind == "prove known" else None,
        now=now,
        window_seconds=90.0,
        keep_seconds=50.0,
    )
