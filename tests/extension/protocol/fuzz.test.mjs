// Whatever a server sends, the readers answer, or throw what they declare.
import assert from "node:assert/strict";
import { test } from "node:test";
import { missing } from "../../../extension/src/protocol/cookies.js";
import { readChallenges, readClearSiteData, readOffers } from "../../../extension/src/protocol/headers.js";
import { InstructionsError, needsWellKnown, readInstructions, wellKnownProblem } from "../../../extension/src/protocol/instructions.js";
import { judgeRefresh, judgeRegistration } from "../../../extension/src/protocol/outcome.js";
import { inScope, mayInitiate } from "../../../extension/src/protocol/scope.js";
import { isSecure, OfferError, registrableDomain, resolveOffer, schemefulSite } from "../../../extension/src/protocol/site.js";
import { browserCookie, random, vectors } from "./vectors.mjs";

const ROUNDS = 4000;
const HEADER = ["(", ")", "ES256", '"', '"a"', ";", "=", ",", " ", "\t", "path", "id", "challenge", "?1", ":YQ==:", "@1", '%"a"', "\\", "1.5", "-", "\u00e9", "\u0000", "*", "authorization", "cookies"];
const TEXT = ["https:", "//", "example.test", ":8443", "/", "?", "#", "*", "*.", ".", "..", "%2F", "%", "%zz", "@", "[::1]", "localhost", "127.0.0.1", "\u00fc", " ", "\u0000", "a", ";", "=", "Domain=", "Secure", "\ud800", "javascript:", "null"];

const pick = (next, list) => list[next(list.length)];
const text = (next, list, most) => Array.from({ length: next(most) }, () => pick(next, list)).join("");

function declared(run, ...errors) {
  try {
    return run();
  } catch (error) {
    assert.ok(errors.some((kind) => error instanceof kind), error.stack);
    return null;
  }
}

test("header fields never throw", () => {
  const next = random(11);
  for (let round = 0; round < ROUNDS; round += 1) {
    const values = Array.from({ length: next(3) }, () => text(next, HEADER, 24));
    for (const offer of readOffers(values)) declared(() => resolveOffer(offer, "https://example.test/login"), OfferError);
    for (const { challenge } of readChallenges(values)) assert.notEqual(challenge, "");
    readClearSiteData(values);
  }
});

test("URLs and hosts never throw", () => {
  const next = random(12);
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = text(next, TEXT, 8);
    schemefulSite(found);
    isSecure(found);
    registrableDomain(found);
    const url = declared(() => resolveOffer({ path: found }, "https://example.test/login"), OfferError);
    if (url !== null) assert.equal(schemefulSite(url.href), "https://example.test");
  }
});

/** Instructions of the vectors with some of their members replaced. */
function mutated(next, value) {
  if (next(40) === 0) return pick(next, [null, true, 7, "", [], {}, text(next, TEXT, 5), [text(next, TEXT, 3)], [{ type: "exclude", path: text(next, TEXT, 3) }]]);
  if (Array.isArray(value)) return value.map((each) => mutated(next, each));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mutated(next, each)]));
}

test("documents throw nothing but what is declared, and what is read can be used", () => {
  const next = random(13);
  const documents = vectors("instructions").flatMap(({ input }) => (input.document ? [input.document] : []));
  const cookie = browserCookie(vectors("cookies")[0].input.cookies[0]);
  const servingUrl = "https://example.test:8443/dbsc/register";
  let read = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const body = JSON.stringify(mutated(next, pick(next, documents)));
    const given = { servingUrl, registering: next(2) === 0, currentId: "sid-1" };
    const instructions = declared(() => readInstructions(body, given), InstructionsError);
    const outcome = judgeRefresh({ status: 200, body, servingUrl, challenges: [], sessionId: "sid-1", attempts: 0 });
    if (!given.registering) assert.equal(outcome.kind === "refreshed", instructions !== null);
    if (instructions === null) continue;
    read += 1;
    const url = `https://example.test:8443/${text(next, TEXT, 4)}`;
    inScope(instructions, url);
    mayInitiate(instructions, text(next, TEXT, 4));
    missing(instructions, [cookie], url, 0);
    needsWellKnown(instructions, servingUrl);
    assert.equal(schemefulSite(instructions.refreshUrl), "https://example.test");
    assert.equal(inScope(instructions, "https://other.test:8443/"), false);
  }
  assert.ok(read > ROUNDS / 20, `${read} documents were good`);
});

test("bodies that are no documents throw nothing but what is declared", () => {
  const next = random(14);
  const pieces = ["{", "}", "[", "]", ":", ",", '"', '"scope"', '"session_identifier"', "true", "null", "1e999", "\ufeff", "\ud800", "\\u0000", "//"];
  for (let round = 0; round < ROUNDS; round += 1) {
    const body = text(next, pieces, 20);
    const given = { status: 200, body, servingUrl: pick(next, ["https://example.test/", "", "data:,x"]) };
    assert.equal(judgeRegistration(given).kind, "refused");
    judgeRefresh({ ...given, challenges: [], sessionId: "s", attempts: 0 });
    assert.notEqual(wellKnownProblem(body, "https://example.test"), null);
  }
  assert.throws(() => readInstructions("[".repeat(100_000), { servingUrl: "https://a.test", registering: true, currentId: null }), InstructionsError);
  assert.throws(() => readInstructions(`{"x":${"[".repeat(9000)}${"]".repeat(9000)}}`, { servingUrl: "https://a.test", registering: true, currentId: null }), InstructionsError);
});
