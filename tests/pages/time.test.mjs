import assert from "node:assert/strict";
import { test } from "node:test";
import { clockTime, localTime, localiseTimes } from "../../server/boundgate/pages/static/time.js";

const AT = Date.UTC(2026, 10, 3, 18, 5, 9);
const where = { locale: "en-GB", timeZone: "Europe/Vienna" };

test("moments are shown in the reader's zone", () => {
  assert.equal(localTime(AT, where), "3 Nov 2026, 19:05");
  assert.equal(clockTime(AT, where), "19:05:09");
});

test("times on the page become local, and what cannot be read stays", () => {
  const element = (datetime) => ({
    textContent: datetime,
    title: "",
    getAttribute: () => datetime,
    setAttribute(_name, value) {
      this.title = value;
    },
  });
  const readable = element("2026-11-03T18:05:09Z");
  const odd = element("yesterday");
  localiseTimes({ querySelectorAll: () => [readable, odd] });
  assert.equal(readable.title, "2026-11-03T18:05:09Z");
  assert.equal(readable.textContent, localTime(AT));
  assert.equal(odd.textContent, "yesterday");
});
