"""What can be measured of a page: contrast, names, width, and complaints."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import ConsoleMessage, Page

NAMED = {
    "button",
    "link",
    "switch",
    "textbox",
    "heading",
    "dialog",
    "region",
    "DisclosureTriangle",
    "alertdialog",
}
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

# WCAG 2.2, 1.4.3 and 1.4.11: text and the edges of controls against what is behind them.
_CONTRAST = """
() => {
  const read = colour => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return {rgb: [r, g, b], a}; };
  const over = (front, back) => front.rgb.map((part, i) => part * front.a + back[i] * (1 - front.a));
  const channel = part => { const s = part / 255; return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; };
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ratio = (one, other) => {
    const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = element => {
    if (!element) return [255, 255, 255];
    const layer = read(getComputedStyle(element).backgroundColor);
    return layer.a === 1 ? layer.rgb : over(layer, behind(element.parentElement));
  };
  const faint = [];
  const judge = (what, front, back, needed) => {
    const found = ratio(over(read(front), back), back);
    if (found < needed) faint.push(`${what}: ${found.toFixed(2)}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let texts = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    judge(walker.currentNode.data.trim(), style.color, behind(element), large ? 3 : 4.5);
    texts += 1;
  }
  for (const control of document.querySelectorAll("input, .button:not(.primary), .switch-track")) {
    if (!control.checkVisibility()) continue;
    judge(control.className || control.id, getComputedStyle(control).borderTopColor, behind(control.parentElement), 3);
  }
  return texts ? faint : ["there is no text"];
}
"""


def faint(page: Page) -> list[str]:
    """What is too faint to be read or made out, with its contrast."""
    found: list[str] = page.evaluate(_CONTRAST)
    return found


def nameless(page: Page) -> list[str]:
    """Roles of controls, headings and regions that a screen reader would find without a name."""
    devtools = page.context.new_cdp_session(page)
    nodes: list[dict[str, Any]] = devtools.send("Accessibility.getFullAXTree")["nodes"]
    devtools.detach()
    shown = [node for node in nodes if not node.get("ignored") and node.get("role", {}).get("value") in NAMED]
    assert shown, "the tree is empty"
    return [node["role"]["value"] for node in shown if not node.get("name", {}).get("value", "").strip()]


def complaints(page: Page) -> list[str]:
    """Collects what the console says from now on, violations of the policy included."""
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            found.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def focus_is_seen(page: Page) -> bool:
    """Whether what has the focus is outlined."""
    at = "document.activeElement"
    return bool(page.evaluate(f"() => {at} !== document.body && getComputedStyle({at}).outlineStyle === 'solid'"))


def bottom(page: Page, selector: str) -> float:
    """Where something ends, in pixels from the top of the page."""
    return float(page.locator(selector).evaluate("element => element.getBoundingClientRect().bottom"))


def top(page: Page, selector: str) -> float:
    """Where something begins, in pixels from the top of the page."""
    return float(page.locator(selector).evaluate("element => element.getBoundingClientRect().top"))
