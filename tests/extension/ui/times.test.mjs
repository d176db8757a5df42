import assert from "node:assert/strict";
import { test } from "node:test";
import { clockTime, relativeTime } from "../../../extension/src/ui/times.js";
import { NOW } from "./builders.mjs";

const MINUTE = 60_000;
const clock = (at, locale) => clockTime(at, NOW, locale, "UTC");
const away = (ms, locale = "en") => relativeTime(NOW + ms, NOW, locale);

test("a time of today is a time, another has its date", () => {
  assert.equal(clock(NOW, "en-GB"), "13:05");
  assert.equal(clock(NOW - 1440 * MINUTE, "en-GB"), "2 Nov 2026, 13:05");
  assert.equal(clock(NOW, "de"), "13:05");
  assert.equal(clock(NOW - 1440 * MINUTE, "de"), "02.11.2026, 13:05");
});

test("a distance is told in its largest whole unit", () => {
  assert.equal(away(3.9 * MINUTE), "in 3 min.");
  assert.equal(away(-59_999), "59 sec. ago");
  assert.equal(away(-90 * MINUTE), "1 hr. ago");
  assert.equal(away(-49 * 60 * MINUTE), "2 days ago");
  assert.equal(away(3 * MINUTE, "de"), "in 3 Min.");
});

test("less than a second away is now", () => {
  assert.equal(away(0), "now");
  assert.equal(away(-999), "now");
  assert.equal(away(999, "de"), "jetzt");
});
