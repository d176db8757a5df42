"""The toolbar icons: drawn from their sources, and told apart by shape at the smallest size."""

from __future__ import annotations

import itertools

from playwright.sync_api import Page

from e2e.extension.ui.stubbed import Pages
from extension.render_icons import SIZES, STATES

# Opacity and colour of every pixel of a picture, drawn at a size.
_PIXELS = """
async ([path, size]) => {
  const image = new Image(size, size);
  image.src = path;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), {width: size, height: size});
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, size, size);
  return [...context.getImageData(0, 0, size, size).data];
}
"""


def pixels(page: Page, name: str, size: int) -> list[int]:
    """Red, green, blue and opacity, pixel by pixel."""
    found: list[int] = page.evaluate(_PIXELS, [f"../../icons/{name}", size])
    return found


def test_every_picture_is_drawn_from_its_source(english: Pages) -> None:
    page = english.open("welcome")
    for state, size in itertools.product(STATES, SIZES):
        drawn, source = pixels(page, f"{state}-{size}.png", size), pixels(page, f"{state}.svg", size)
        assert len(drawn) == 4 * size * size
        away = sum(abs(one - other) for one, other in zip(drawn, source, strict=True)) / len(drawn)
        assert away < 4, f"{state} at {size}: run `python -m extension.render_icons`"


def test_states_differ_by_shape_and_not_by_colour_alone(english: Pages) -> None:
    page = english.open("welcome")
    shapes = {state: [opacity > 127 for opacity in pixels(page, f"{state}-16.png", 16)[3::4]] for state in STATES}
    for one, other in itertools.combinations(STATES, 2):
        different = sum(a != b for a, b in zip(shapes[one], shapes[other], strict=True))
        assert different >= 32, f"{one} and {other} differ in {different} of 256 pixels"
