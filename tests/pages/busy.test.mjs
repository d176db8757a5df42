import assert from "node:assert/strict";
import { test } from "node:test";
import { exclusive } from "../../server/boundgate/pages/static/busy.js";

function button() {
  const attributes = new Map();
  return {
    attributes,
    toggleAttribute: (name, on) => (on ? attributes.set(name, "") : attributes.delete(name)),
    setAttribute: (name, value) => attributes.set(name, value),
    removeAttribute: (name) => attributes.delete(name),
  };
}

test("a second press during the task does nothing", async () => {
  const pressed = button();
  let runs = 0;
  let release = () => {};
  const task = () => new Promise((resolve) => {
    runs += 1;
    release = resolve;
  });
  const first = exclusive(pressed, task);
  await exclusive(pressed, task);
  assert.equal(runs, 1);
  assert.equal(pressed.attributes.get("aria-disabled"), "true");
  release();
  await first;
  assert.equal(pressed.attributes.size, 0);
});

test("a task that fails frees the button", async () => {
  const pressed = button();
  await assert.rejects(exclusive(pressed, async () => {
    throw new Error("no");
  }));
  assert.equal(pressed.attributes.size, 0);
});

test("a page that is being left stays busy", async () => {
  const pressed = button();
  await exclusive(pressed, async () => "leaving");
  assert.equal(pressed.attributes.get("aria-disabled"), "true");
});
