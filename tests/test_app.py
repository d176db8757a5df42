"""The background writer of a running application."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from boundgate import app as module
from tests.support.site import running_site


async def test_the_writer_outlives_a_failure_that_nobody_foresaw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FLUSH_SECONDS", 0.01)
    async with running_site(tmp_path / "data") as site:
        turns, thrice = 0, asyncio.Event()

        async def fail() -> None:
            nonlocal turns
            turns += 1
            if turns == 3:
                thrice.set()
            raise IndexError("pop from an empty deque")

        monkeypatch.setattr(site.services.recorder, "flush", fail)
        async with site.app.test_app(), asyncio.timeout(5):
            await thrice.wait()
        monkeypatch.undo()
