import assert from "node:assert/strict";
import { test } from "node:test";
import { closingText, readPiece } from "../../server/boundgate/pages/static/chat.js";

const piece = (value) => readPiece(JSON.stringify(value));

test("a delta brings its text", () => {
  assert.equal(piece({ choices: [{ delta: { content: "<b>hi</b>" } }] }).text, "<b>hi</b>");
});

test("the last chunks bring the reason and the usage", () => {
  assert.equal(piece({ choices: [{ delta: {}, finish_reason: "length" }] }).finish, "length");
  const { usage } = piece({ choices: [], usage: { prompt_tokens: 12, completion_tokens: 40 } });
  assert.deepEqual(usage, { input: 12, output: 40 });
});

test("the end mark ends", () => {
  assert.equal(readPiece("[DONE]").done, true);
  assert.equal(readPiece(" [DONE] ").done, true);
});

test("an error in mid-stream is a problem with its code", () => {
  const { problem } = piece({ error: { message: "m", code: "session_revoked" } });
  assert.equal(problem?.code, "session_revoked");
  assert.equal(problem?.detail, "m");
});

test("what is not understood brings nothing and breaks nothing", () => {
  const odd = ["", "{", "null", "1", '"x"', "[]", "{}", '{"choices":null}', '{"choices":[null]}', '{"choices":[{"delta":null}]}',
    '{"choices":[{"delta":{"content":5}}]}', '{"usage":{"prompt_tokens":"1"}}', '{"usage":null,"choices":{}}'];
  for (const data of odd) {
    const { text, usage, finish, problem, done } = readPiece(data);
    assert.deepEqual({ text, usage, finish, problem, done }, { text: "", usage: null, finish: "", problem: null, done: false }, data);
  }
});

test("the closing line says how it ended", () => {
  assert.equal(closingText({ input: 12, output: 40 }, "stop"), "Complete: 12 tokens in, 40 out.");
  assert.equal(closingText({ input: 1, output: 2 }, "length"), "Cut off at its length limit: 1 tokens in, 2 out.");
  assert.equal(closingText(null, "stop"), "Complete.");
});
