"""The first-run page; and that all pages speak one language."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.extension.ui.stubbed import Pages
from extension.contents import ROOT


@pytest.mark.parametrize("width", [320, 1120])
def test_the_first_page_says_what_it_does_and_what_it_cannot(
    width: int, pages: Pages, keep: Callable[[Page, str], None]
) -> None:
    page = pages.open("welcome")
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.get_by_text(re.compile("software, not hardware|Software, keine Hardware"))).to_be_visible()
    expect(page.locator("#privacy-link")).to_have_attribute("href", re.compile(r"^https://.*/PRIVACY\.md$"))
    expect(page.locator(".button")).to_have_attribute("href", "options.html")
    keep(page, f"welcome-{width}")


def test_the_pages_are_in_the_language_of_their_texts(pages: Pages) -> None:
    for name in ("popup", "options", "welcome"):
        page = pages.open(name)
        language = page.evaluate("() => document.documentElement.lang")
        texts = json.loads((ROOT / "_locales" / language / "messages.json").read_text(encoding="utf-8"))
        asked = page.locator("[data-t]").evaluate_all("all => all.map(each => [each.dataset.t, each.textContent])")
        assert asked
        assert all(texts[key]["message"] == text for key, text in asked)
