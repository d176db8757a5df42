import assert from "node:assert/strict";
import { test } from "node:test";
import { readChallenges } from "../../../extension/src/protocol/headers.js";
import { judgeRefresh, judgeRegistration } from "../../../extension/src/protocol/outcome.js";
import { vectors } from "./vectors.mjs";

function refresh({ status, body, url, challenges, attempts, cached }) {
  const given = { status, body, servingUrl: url, challenges: readChallenges(challenges), sessionId: "s1", attempts, cached };
  const { instructions, ...said } = judgeRefresh(given);
  return { ...said, changed: instructions !== null };
}

function registration({ status, body, url }) {
  const { instructions, ...said } = judgeRegistration({ status, body, servingUrl: url });
  assert.equal(instructions !== null, said.kind === "registered");
  return said;
}

for (const { name, input, expected } of vectors("outcomes")) {
  test(`outcome of a ${name}`, () => {
    assert.deepEqual((input.kind === "refresh" ? refresh : registration)(input), expected.ok);
  });
}
