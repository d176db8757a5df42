import assert from "node:assert/strict";
import { test } from "node:test";
import { afterError, backoffMs, mayAsk, NO_BACKOFF } from "../../../extension/src/protocol/backoff.js";

test("three errors cost nothing, then it is half a second, half as much again each time, eight minutes at most", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map((errors) => backoffMs(errors)), [0, 0, 0, 0, 500, 750, 1125]);
  assert.equal(backoffMs(1_000_000), 480_000);
});

test("up to a fifth is taken off by chance", () => {
  assert.equal(backoffMs(4, 1), 400);
  assert.equal(backoffMs(4, 0.5), 450);
});

test("the server is left alone until the time is over", () => {
  let backOff = NO_BACKOFF;
  assert.ok(mayAsk(backOff, 0));
  for (const now of [1000, 2000, 3000]) {
    backOff = afterError(backOff, now, 0);
    assert.ok(mayAsk(backOff, now));
  }
  backOff = afterError(backOff, 4000, 0);
  assert.deepEqual(backOff, { errors: 4, until: 4500 });
  assert.ok(!mayAsk(backOff, 4499));
  assert.ok(mayAsk(backOff, 4500));
});
