"""What a refresh may cost: one step in the hot state, no write to the database, and no framework."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from boundgate.storage import MemoryHotState
from tests.support.keys import counting_random
from tests.support.site import ORIGIN, running_site
from tests.support.soft_browser import refresh_headers

STEPS = ("consume", "prove", "signatures", "note_use", "newest_mint_at")


class CountedHotState(MemoryHotState):
    """Counts the steps that are asked of it from outside."""

    def __init__(self) -> None:
        super().__init__(counting_random())
        self.steps: Counter[str] = Counter()
        self._within = False

    def __getattribute__(self, name: str) -> Any:
        if name in STEPS and not self._within:
            self.steps[name] += 1
            # What a step does within itself is one step still.
            return self._whole(name)
        return super().__getattribute__(name)

    def _whole(self, name: str) -> Any:
        async def step(*arguments: Any, **named: Any) -> Any:
            self._within = True
            try:
                return await getattr(self, name)(*arguments, **named)
            finally:
                self._within = False

        return step


async def test_a_refresh_asks_the_hot_state_once_and_writes_nothing_before_it_answers(tmp_path: Path) -> None:
    hot = CountedHotState()
    async with running_site(tmp_path / "data", hot=hot) as site:
        owner = await site.owner()
        await site.services.flush()
        statements: list[str] = []
        engine = site.services.sessions._store._database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
        hot.steps.clear()
        for _ in range(3):
            assert (await owner.refresh()).status_code == 200
        assert hot.steps == {"prove": 3}
        assert [
            text for text in statements if not text.lstrip().upper().startswith(("SELECT", "BEGIN", "PRAGMA"))
        ] == []
        await site.services.flush()
        assert any(text.lstrip().upper().startswith("UPDATE") for text in statements), "written behind, in a batch"


async def test_what_a_crash_loses_costs_one_round_trip_and_never_a_session(tmp_path: Path) -> None:
    async with running_site(tmp_path / "data") as site:
        owner = await site.owner()
        await site.services.flush()
        assert (await owner.refresh()).status_code == 200
        # The crash: what is only in memory is gone.
        site.services.journal._proofs.clear()
        site.services.recorder._events.clear()
    async with running_site(tmp_path / "data", clock=site.clock) as site:
        owner.site = site
        assert (await owner.refresh()).status_code == 200
        refreshes = [outcome for _, outcome in await site.events("dbsc.refresh")]
        assert sorted(refreshes) == ["challenge_stale", "ok"], "one more round trip"
        assert (await owner.chat()).status_code == 200


@pytest.mark.parametrize("path", ["/dbsc/register", "/dbsc/refresh"])
async def test_the_endpoints_are_answered_before_the_framework(tmp_path: Path, path: str) -> None:
    async with running_site(tmp_path / "data") as site:
        owner = await site.owner()

        async def nobody(*_: Any) -> None:
            raise AssertionError("the framework was asked")

        site.app.asgi_app._app = nobody
        answer = await owner.send("POST", path, headers=refresh_headers(owner.session_id or "", None, origin=ORIGIN))
        assert answer.status_code in {400, 403}
