import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../../server/boundgate/pages/static/tokens.css", import.meta.url), "utf8");
const [light, dark] = css.split("@media (prefers-color-scheme: dark)").map(
  (part) => Object.fromEntries([...part.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1], match[2]])),
);
const schemes = { light, dark: { ...light, ...dark } };

/** WCAG 2.2: relative luminance. */
function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

const TEXT = [
  ["ink", "paper"], ["ink", "surface"], ["ink", "sunken"], ["muted", "paper"], ["muted", "surface"], ["muted", "sunken"],
  ["link", "paper"], ["link", "surface"], ["link", "bad-wash"], ["on-gate", "gate"], ["on-gate", "gate-deep"],
  ["good", "surface"], ["good", "good-wash"], ["warn", "surface"], ["warn", "warn-wash"], ["bad", "surface"],
  ["bad", "bad-wash"], ["ink", "bad-wash"], ["ink", "warn-wash"], ["muted", "warn-wash"], ["panel-ink", "panel"], ["panel-muted", "panel"],
];
const SHAPES = [["line-strong", "surface"], ["line-strong", "paper"], ["gate", "surface"], ["focus", "surface"], ["focus", "paper"],
  ["panel-ring", "panel"], ["panel-key", "panel"]];

for (const [scheme, colours] of Object.entries(schemes)) {
  for (const [front, back] of TEXT) {
    test(`${scheme}: ${front} on ${back} is readable (4.5:1)`, () => {
      assert.ok(contrast(colours[front], colours[back]) >= 4.5, contrast(colours[front], colours[back]).toFixed(2));
    });
  }
  for (const [front, back] of SHAPES) {
    test(`${scheme}: ${front} on ${back} can be made out (3:1)`, () => {
      assert.ok(contrast(colours[front], colours[back]) >= 3, contrast(colours[front], colours[back]).toFixed(2));
    });
  }
}
