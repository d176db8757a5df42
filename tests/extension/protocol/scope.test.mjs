import assert from "node:assert/strict";
import { test } from "node:test";
import { inScope, mayInitiate } from "../../../extension/src/protocol/scope.js";
import { registered, vectors } from "./vectors.mjs";

for (const { name, input, expected } of vectors("scope")) {
  test(`scope: ${name}`, () => {
    const instructions = registered(input);
    const said = "url" in input ? inScope(instructions, input.url) : mayInitiate(instructions, input.initiator);
    assert.equal(said, expected.ok);
  });
}
