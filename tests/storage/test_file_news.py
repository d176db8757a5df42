"""What a command beside the server tells it through a file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from boundgate.errors import StorageUnavailable
from boundgate.storage import FileSessionNews, file_news
from tests.support.site import running_site


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look without waiting."""
    monkeypatch.setattr(file_news, "LOOK_SECONDS", 0)


async def until(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), 10)


async def test_an_end_is_heard_each_time(tmp_path: Path) -> None:
    path, heard = tmp_path / "sessions.news", asyncio.Event()
    command, server = (FileSessionNews(path, beside=beside) for beside in (True, False))

    async def gap() -> None:
        heard.set()

    async with server.heard_by(lambda _: None, gap):
        for _ in range(3):
            heard.clear()
            command.tell(["s"], ended=True)
            await until(heard)


async def test_what_was_told_before_the_start_is_no_news(tmp_path: Path) -> None:
    path, heard = tmp_path / "sessions.news", asyncio.Event()
    FileSessionNews(path, beside=True).tell(["s"], ended=True)

    async def gap() -> None:
        heard.set()

    async with FileSessionNews(path, beside=False).heard_by(lambda _: None, gap):
        for _ in range(50):
            await asyncio.sleep(0)
        assert not heard.is_set()


async def test_a_database_that_fails_is_asked_again(tmp_path: Path) -> None:
    path, done, failures = tmp_path / "sessions.news", asyncio.Event(), [StorageUnavailable("Down."), None]

    async def gap() -> None:
        if failure := failures.pop(0):
            raise failure
        done.set()

    async with FileSessionNews(path, beside=False).heard_by(lambda _: None, gap):
        FileSessionNews(path, beside=True).tell(["s"], ended=True)
        await until(done)


def test_only_an_end_is_told_and_only_by_a_command(tmp_path: Path) -> None:
    path = tmp_path / "sessions.news"
    FileSessionNews(path, beside=True).tell(["s"], ended=False)
    FileSessionNews(path, beside=True).tell([], ended=True)
    FileSessionNews(path, beside=False).tell(["s"], ended=True)
    assert not path.exists()
    FileSessionNews(tmp_path / "nowhere" / "sessions.news", beside=True).tell(["s"], ended=True)


async def test_a_recovery_by_a_command_is_in_force_at_the_server_without_waiting_for_its_cache(tmp_path: Path) -> None:
    async with running_site(tmp_path / "data", session_cache_seconds=60.0) as site:
        owner = await site.owner("alice")
        assert (await owner.chat()).status_code == 200
        async with running_site(tmp_path / "data", beside=True) as command:
            await command.services.enrolment.recover("alice")
        for _ in range(1000):
            await asyncio.sleep(0.001)
            refused = await owner.bare_chat()
            if refused.status_code == 401:
                break
        assert (await refused.get_json())["error"]["code"] == "session_revoked"
