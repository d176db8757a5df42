import assert from "node:assert/strict";
import { test } from "node:test";
import { STATES, describe, moments, newest, switchOf } from "../../../extension/src/ui/status_text.js";
import { NOW, session, site } from "./builders.mjs";

const failed = { code: "BoundCookieSetForbidden", at: NOW };
const SAID = {
  off: [site("off"), { icon: "off", key: null, limit: null, renew: null }],
  none: [site("none"), { icon: "none", key: "key_none", limit: null, renew: null }],
  failed: [site("none", { note: failed }), { icon: "warning", key: "key_none", limit: null, renew: null }],
  waiting: [site("waiting"), { icon: "none", key: null, limit: null, renew: null }],
  bound: [site("bound"), { icon: "bound", key: "key_software", limit: "limit_software", renew: null }],
  unreachable: [site("unreachable"), { icon: "warning", key: "key_software", limit: null, renew: "try_again" }],
  native: [site("native"), { icon: "native", key: "key_browser", limit: null, renew: null }],
  taken: [site("taken"), { icon: "warning", key: null, limit: null, renew: null }],
  ended: [site("ended"), { icon: "none", key: "key_none", limit: null, renew: null }],
  unpermitted: [site("bound", { permitted: false }), { icon: "warning", key: null, limit: null, renew: null }],
  unsupported: [site("bound", { supported: false }), { icon: "off", key: null, limit: null, renew: null }],
  unknown: [null, { icon: "warning", key: null, limit: null, renew: null }],
};

for (const [look, [status, said]] of Object.entries(SAID)) {
  test(`${look}: what is said and offered`, () => {
    assert.deepEqual(describe(status), { look, head: `head_${look}`, meaning: `mean_${look}`, ...said });
  });
}

test("every state that the background reports is shown as itself", () => {
  for (const state of STATES) assert.equal(describe(site(state)).look, state);
});

test("a state that nobody knows is no claim", () => {
  for (const odd of ["", "BOUND", "toString", "__proto__"]) assert.equal(describe(site("none", { state: odd })).look, "unknown");
});

test("a key is named as the extension's only where the extension holds one", () => {
  assert.equal(describe(site("bound", { key: null, sessions: [] })).key, "key_none");
  assert.equal(describe(site("bound", { key: "constructor" })).key, "key_none");
  assert.equal(describe(site("native")).limit, null);
});

test("what the person did is no failure", () => {
  for (const code of ["Cleared", "SignedOut", "SwitchedOff"]) {
    assert.equal(describe(site("none", { note: { code, at: NOW } })).look, "none");
  }
});

test("the switch is on where the site was chosen and the browser lets the extension see it", () => {
  assert.deepEqual(switchOf(site("bound")), { on: true, usable: true });
  assert.deepEqual(switchOf(site("off")), { on: false, usable: true });
  assert.deepEqual(switchOf(site("none", { permitted: false })), { on: false, usable: true });
  assert.deepEqual(switchOf(site("none", { supported: false })), { on: true, usable: false });
  assert.deepEqual(switchOf(null), { on: false, usable: false });
});

test("a key's times are told, and what stands for one that there is not", () => {
  const told = moments(session({ nextRenewal: null }));
  assert.deepEqual(told.map(({ label, time }) => [label, time]), [
    ["fact_since", NOW - 7_200_000], ["fact_last", NOW - 60_000], ["fact_next", null],
  ]);
  assert.equal(told[2].absent, "next_on_use");
});

test("of several keys the one that was used last is shown", () => {
  const [old, made, used] = [session({ id: "old" }), session({ id: "made", since: NOW, lastRenewal: null }), session({ id: "used", lastRenewal: NOW + 1 })];
  assert.equal(newest([old, made])?.id, "made");
  assert.equal(newest([old, made, used])?.id, "used");
  assert.equal(newest([]), null);
});
