// @ts-check
import { readPiece } from "./chat.js";
import { fetchOrProblem, readJson } from "./http.js";
import { Problem } from "./problems.js";
import { SseParser } from "./sse.js";

/** @typedef {import("./chat.js").Usage} Usage */

const BROKEN = new Problem({
  status: 200,
  code: "stream_broken",
  title: "The reply broke off",
  detail: "The connection ended before the reply did. What arrived is shown; what the model wrote may be charged.",
});

/**
 * Send one prompt and hand on the reply as it arrives.
 *
 * @param {{model: string, prompt: string, signal: AbortSignal, onText: (text: string) => void}} ask
 * @returns {Promise<{usage: Usage | null, finish: string}>}
 * @throws {Problem} where the call was refused, failed, or broke off
 * @throws {DOMException} AbortError, once `signal` fires
 */
export async function streamChat({ model, prompt, signal, onText }) {
  const response = await fetchOrProblem("/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({
      model,
      messages: [{ role: "user", content: prompt }],
      stream: true,
      stream_options: { include_usage: true },
    }),
    signal,
  });
  if (!response.ok) throw Problem.from(response.status, await readJson(response));
  let end = { usage: /** @type {Usage | null} */ (null), finish: "" };
  for await (const data of eventData(response)) {
    const piece = readPiece(data);
    if (piece.problem) throw piece.problem;
    if (piece.done) return end;
    if (piece.text) onText(piece.text);
    end = { usage: piece.usage ?? end.usage, finish: piece.finish || end.finish };
  }
  throw BROKEN;
}

/**
 * The `data` of each event, in order.
 *
 * @param {Response} response
 * @returns {AsyncGenerator<string, void, void>}
 */
async function* eventData(response) {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const parser = new SseParser();
  try {
    for (;;) {
      const { done, value } = await readOrProblem(reader);
      const events = done ? parser.end() : parser.push(decoder.decode(value, { stream: true }));
      for (const { data } of events) yield data;
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/**
 * @param {ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>} reader
 * @returns {Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>}
 */
async function readOrProblem(reader) {
  try {
    return await reader.read();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw BROKEN;
  }
}
