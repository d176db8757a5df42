import assert from "node:assert/strict";
import { test } from "node:test";
import { isSatisfied, missing } from "../../../extension/src/protocol/cookies.js";
import { browserCookie, registered, vectors } from "./vectors.mjs";

for (const { name, input, expected } of vectors("cookies")) {
  test(`cookies: ${name}`, () => {
    const jar = input.cookies.map(browserCookie);
    const found = missing(registered(input), jar, input.url, input.now);
    assert.deepEqual(found.map((credential) => credential.name), expected.ok);
  });
}

test("an unpartitioned cookie is one, however the browser says so", () => {
  const [{ input }] = vectors("cookies");
  const [credential] = registered(input).credentials;
  const [cookie] = input.cookies.map(browserCookie);
  for (const partitionKey of [undefined, null, {}]) assert.ok(isSatisfied(credential, { ...cookie, partitionKey }, input.now));
});
