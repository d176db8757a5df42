"""A short `make soak`, so that the long one runs when it is wanted."""

from __future__ import annotations

from pathlib import Path

from tests.hostile.soak import soak


async def test_owner_and_thief_in_turns_against_a_real_server(tmp_path: Path) -> None:
    done = await soak(tmp_path, seconds=10, pause=0.02)
    assert done.served >= 64
    assert done.refused >= 2 * done.served
