import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { fetchAlone, isOwn, mayBeHeld } from "../../../extension/src/browser/batches.js";

const URL_OF_IT = "https://example.com/refresh";
const real = globalThis.fetch;
/** @type {{signal: AbortSignal, answer: () => void}[]} */
let sent = [];

beforeEach(() => {
  sent = [];
  globalThis.fetch = /** @type {any} */ (
    (/** @type {string} */ _, /** @type {{signal: AbortSignal}} */ { signal }) =>
      new Promise((resolve, reject) => {
        sent.push({ signal, answer: () => resolve(new Response("")) });
        signal.addEventListener("abort", () => reject(signal.reason));
      })
  );
});
afterEach(() => {
  globalThis.fetch = real;
});

/** A turn of the event loop, in which everything that is due is done. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a request of ours that comes alone is sent once", async () => {
  const answered = fetchAlone(URL_OF_IT, {});
  isOwn(URL_OF_IT);
  await turn();
  mayBeHeld();
  await turn();
  sent[0]?.answer();
  assert.equal((await answered).status, 200);
  assert.equal(sent.length, 1);
});

for (const order of ["before", "after"]) {
  test(`one that comes together with a request that may be held, ${order} it, is sent again`, async () => {
    const answered = fetchAlone(URL_OF_IT, {});
    if (order === "after") mayBeHeld();
    isOwn(URL_OF_IT);
    if (order === "before") mayBeHeld();
    await turn();
    assert.equal(sent[0]?.signal.aborted, true);
    assert.equal(sent.length, 2);
    isOwn(URL_OF_IT);
    await turn();
    sent[1]?.answer();
    assert.equal((await answered).status, 200);
    assert.equal(sent.length, 2);
  });
}

test("another URL's request is left alone", async () => {
  void fetchAlone("https://example.com/other", {});
  isOwn(URL_OF_IT);
  mayBeHeld();
  await turn();
  assert.deepEqual(
    sent.map(({ signal }) => signal.aborted),
    [false],
  );
});

test("whoever asked can still give up, and nothing is sent again", async () => {
  const limit = new AbortController();
  const answered = fetchAlone(URL_OF_IT, { signal: limit.signal });
  await turn();
  limit.abort();
  await assert.rejects(answered, { name: "AbortError" });
  assert.equal(sent.length, 1);
});
