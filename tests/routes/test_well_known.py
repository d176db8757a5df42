"""The document that lets other origins use the keys of our sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

from boundgate.settings import SettingsError
from tests.support.site import Site, running_site

PATH = "/.well-known/device-bound-sessions"


async def test_without_relying_origins_there_is_none(site: Site) -> None:
    answer = await site.browser().page(PATH)
    assert answer.status_code == 404


async def test_relying_origins_are_published_for_browsers(tmp_path: Path) -> None:
    origins = ("https://app.example", "https://other.example:8443")
    async with running_site(tmp_path / "data", relying_origins=",".join(origins)) as site:
        answer = await site.browser().send("GET", PATH)
        assert (answer.status_code, answer.content_type) == (200, "application/json")
        assert await answer.get_json() == {"relying_origins": list(origins)}


@pytest.mark.parametrize("origin", ["https://app.example/", "http://app.example", "app.example"])
async def test_an_origin_that_no_browser_would_honour_is_refused_at_the_start(tmp_path: Path, origin: str) -> None:
    with pytest.raises(SettingsError, match="relying_origins"):
        async with running_site(tmp_path / "data", relying_origins=origin):
            pass
