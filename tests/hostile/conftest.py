"""A whole server in this process, and its owner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.site import Site, SoftBrowser, running_site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A server whose clock stands still."""
    async with running_site(tmp_path / "data") as running:
        yield running


@pytest.fixture
async def owner(site: Site) -> SoftBrowser:
    """A browser whose user has enrolled and is bound."""
    return await site.owner()
