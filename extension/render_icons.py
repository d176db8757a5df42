"""Draws the toolbar icons: `python -m extension.render_icons` writes every size of every SVG in `icons/`.

Chromium draws them, as Playwright drives it; the PNGs are committed, so that packing needs no browser.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from boundgate.chromium import find_chromium

ICONS = Path(__file__).parent / "icons"
SIZES = (16, 32, 48, 128)
STATES = ("off", "none", "bound", "warning", "native")


def draw(browser: Browser, svg: str, size: int) -> bytes:
    """One SVG as a PNG of `size` by `size` pixels on a transparent ground."""
    page = browser.new_page(viewport={"width": size, "height": size})
    drawing = svg.replace("<svg ", f'<svg width="{size}" height="{size}" ', 1)
    page.set_content(f"<!doctype html><style>body{{margin:0}}svg{{display:block}}</style>{drawing}")
    picture = page.screenshot(omit_background=True)
    page.close()
    return picture


def pictures(browser: Browser) -> Iterator[tuple[str, bytes]]:
    """Every icon's file name and bytes."""
    for state in STATES:
        svg = (ICONS / f"{state}.svg").read_text(encoding="utf-8")
        for size in SIZES:
            yield f"{state}-{size}.png", draw(browser, svg, size)


def main() -> None:
    """Write them all."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(sys.platform), args=["--no-sandbox"])
        for name, picture in pictures(browser):
            (ICONS / name).write_bytes(picture)
        browser.close()


if __name__ == "__main__":
    main()
