import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { askSession } from "../../server/boundgate/pages/static/session.js";

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

/** Answers in turn; returns the paths that were asked for. */
function answer(...answers) {
  const paths = [];
  globalThis.fetch = async (path) => {
    paths.push(path);
    const [status, body] = answers.shift();
    return new Response(JSON.stringify(body), { status });
  };
  return paths;
}

test("a session that is not lapsed is asked for once", async () => {
  for (const state of ["signed_out", "binding", "unbound", "bound", "ended"]) {
    const paths = answer([200, { state }]);
    assert.deepEqual(await askSession(), { state });
    assert.deepEqual(paths, ["/session"]);
  }
});

test("where the proof is too old, something that needs one is asked for, and then the state again", async () => {
  const paths = answer([200, { state: "lapsed" }], [200, { data: [] }], [200, { state: "bound" }]);
  assert.deepEqual(await askSession(), { state: "bound" });
  assert.deepEqual(paths, ["/session", "/v1/models", "/session"]);
});

test("where nothing proves the key it stays lapsed, without another question", async () => {
  const paths = answer([200, { state: "lapsed" }], [401, { error: { code: "proof_required" } }]);
  assert.deepEqual(await askSession(), { state: "lapsed" });
  assert.deepEqual(paths, ["/session", "/v1/models"]);
});

test("a server that does not say is a problem", async () => {
  answer([503, { code: "storage_unavailable", detail: "Down." }]);
  await assert.rejects(askSession(), { code: "storage_unavailable" });
});
