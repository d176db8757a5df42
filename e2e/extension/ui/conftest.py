"""Browsers with nothing of the extension but its pages, in each of its languages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, Page

from e2e.extension.ui.checks import OVERFLOW, faint, nameless
from e2e.extension.ui.stubbed import Pages, build


@pytest.fixture(scope="package")
def start(
    browser_type: BrowserType, chromium_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Pages]]:
    """Starts one browser for each language and keeps it."""
    started: dict[str, Pages] = {}
    contexts = []

    def in_language(locale: str) -> Pages:
        if locale not in started:
            directory = tmp_path_factory.mktemp(locale)
            extension = build(directory / "extension", locale)
            load = [f"--disable-extensions-except={extension}", f"--load-extension={extension}"]
            switches = [*load, "--no-first-run", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
            profile = str(directory / "profile")
            context = browser_type.launch_persistent_context(profile, executable_path=chromium_path, args=switches)
            contexts.append(context)
            started[locale] = Pages(context)
        return started[locale]

    yield in_language
    for context in contexts:
        context.close()


@pytest.fixture(params=["en", "de"])
def pages(start: Callable[[str], Pages], request: pytest.FixtureRequest) -> Iterator[Pages]:
    """The pages in each language; nothing that they did may have displeased the browser."""
    found = start(request.param)
    found.tell()
    yield found
    assert found.close() == []


@pytest.fixture
def english(start: Callable[[str], Pages]) -> Iterator[Pages]:
    found = start("en")
    found.tell()
    yield found
    assert found.close() == []


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Looks at a page in both themes: what it says can be read, named, and seen without scrolling sideways."""

    def look(page: Page, name: str) -> None:
        language = page.evaluate("() => document.documentElement.lang")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert faint(page) == []
            assert page.evaluate(OVERFLOW) <= 0
            picture = Path(request.config.getoption("--output")) / "extension-pages" / f"{name}-{language}-{scheme}.png"
            page.screenshot(path=picture, full_page=True)
        assert nameless(page) == []
        assert page.evaluate("() => document.querySelectorAll('h1').length") == 1

    return look
