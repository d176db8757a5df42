import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SseOverflow, SseParser } from "../../server/boundgate/pages/static/sse.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/sse.json", import.meta.url), "utf8"));

function parseAll(chunks) {
  const parser = new SseParser();
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
}

for (const { name, chunks, events } of vectors) {
  test(`sse vector: ${name}`, () => assert.deepEqual(parseAll(chunks), events));

  test(`sse vector, cut after every character: ${name}`, () => {
    assert.deepEqual(parseAll([...chunks.join("")]), events);
  });

  test(`sse vector, in one piece: ${name}`, () => assert.deepEqual(parseAll([chunks.join("")]), events));
}

test("events come out with the chunk that completes them", () => {
  const parser = new SseParser();
  assert.deepEqual(parser.push("data: a\n"), []);
  assert.deepEqual(parser.push("\n"), [{ event: "message", data: "a" }]);
});

test("random text never throws anything undeclared, and cuts never change the events", () => {
  const alphabet = ["data", "event", ":", " ", "\n", "\r", "\r\n", "x", "\uFEFF", "\u{1F511}", "id"];
  let seed = 7;
  const random = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  for (let round = 0; round < 2000; round += 1) {
    const pieces = Array.from({ length: random(40) }, () => alphabet[random(alphabet.length)]);
    assert.deepEqual(parseAll(pieces), parseAll([pieces.join("")]));
  }
});

test("an endless line and an endless event are refused", () => {
  assert.throws(() => new SseParser({ maxChars: 10 }).push("data: 12345678901"), SseOverflow);
  assert.throws(() => new SseParser({ maxChars: 10 }).push("data: 123456\ndata: 123456\n"), SseOverflow);
});
