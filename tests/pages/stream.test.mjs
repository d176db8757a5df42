import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { streamChat } from "../../server/boundgate/pages/static/stream.js";

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

function answerWith(bytes, { size = 3, status = 200 } = {}) {
  const requests = [];
  globalThis.fetch = async (path, init) => {
    requests.push({ path, body: JSON.parse(init.body) });
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
        controller.close();
      },
    });
    return new Response(body, { status });
  };
  return requests;
}

function ask(signal = new AbortController().signal) {
  const texts = [];
  const done = streamChat({ model: "m", prompt: "p", signal, onText: (text) => texts.push(text) });
  return { texts, done };
}

const encode = (text) => new TextEncoder().encode(text);
const delta = (text) => `data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}\n\n`;

test("characters cut between chunks arrive whole, and usage is reported", async () => {
  const usage = 'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n';
  const requests = answerWith(encode(`${delta("clé ")}${delta("🔑")}${usage}data: [DONE]\n\n`));
  const { texts, done } = ask();
  assert.deepEqual(await done, { usage: { input: 1, output: 2 }, finish: "" });
  assert.equal(texts.join(""), "clé 🔑");
  assert.deepEqual(requests, [{
    path: "/v1/chat/completions",
    body: { model: "m", messages: [{ role: "user", content: "p" }], stream: true, stream_options: { include_usage: true } },
  }]);
});

test("a stream without its end mark is reported as broken off, after its text", async () => {
  answerWith(encode(delta("half")));
  const { texts, done } = ask();
  await assert.rejects(done, { code: "stream_broken" });
  assert.deepEqual(texts, ["half"]);
});

test("an error in mid-stream ends the reply with its code", async () => {
  answerWith(encode(`${delta("a")}data: {"error":{"message":"cut","code":"session_revoked"}}\n\n`));
  await assert.rejects(ask().done, { code: "session_revoked", detail: "cut" });
});

test("a refusal carries the code of the envelope", async () => {
  answerWith(encode('{"error":{"message":"m","code":"binding_required"}}'), { status: 401 });
  await assert.rejects(ask().done, { code: "binding_required", status: 401 });
});

test("a refusal that is not JSON still has a code", async () => {
  answerWith(encode("<html>"), { status: 502 });
  await assert.rejects(ask().done, { code: "http_502" });
});

test("no answer at all is said so", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("Failed to fetch");
  };
  await assert.rejects(ask().done, { code: "unreachable" });
});

test("an abort stays an abort", async () => {
  globalThis.fetch = async (_path, { signal }) => {
    signal.throwIfAborted();
  };
  await assert.rejects(ask(AbortSignal.abort()).done, { name: "AbortError" });
});
