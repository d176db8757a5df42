import assert from "node:assert/strict";
import { test } from "node:test";
import { readChallenges, readClearSiteData, readOffers } from "../../../extension/src/protocol/headers.js";
import { OfferError, resolveOffer } from "../../../extension/src/protocol/site.js";
import { vectors } from "./vectors.mjs";

const CASES = vectors("client_headers");
const named = (header) => CASES.filter(({ input }) => input.header === header);

function endpoint(offer, url) {
  try {
    return resolveOffer(offer, url).href;
  } catch (error) {
    assert.ok(error instanceof OfferError);
    return null;
  }
}

const READERS = {
  "Secure-Session-Registration": ({ url }, values) =>
    readOffers(values).map((offer) => ({ ...offer, endpoint: endpoint(offer, url) })),
  "Secure-Session-Challenge": (_, values) =>
    readChallenges(values).map(({ challenge, sessionId }) => ({ challenge, session_id: sessionId })),
  "Clear-Site-Data": (_, values) => readClearSiteData(values),
};

for (const [header, read] of Object.entries(READERS)) {
  test(`${header} has vectors`, () => assert.ok(named(header).length > 10));
  for (const { name, input, expected } of named(header)) {
    test(name, () => assert.deepEqual(read(input, input.values), expected.ok));
    // Firefox gives several fields of a name as one.
    test(`${name}, joined`, () => assert.deepEqual(read(input, [input.values.join(", ")]), expected.ok));
  }
}

test("what the server writes is read back", () => {
  const written = vectors("headers").filter(({ input }) => "fields" in input);
  const offers = written.filter(({ input }) => input.header === "Secure-Session-Registration");
  assert.ok(offers.length > 3);
  for (const { name, input, expected } of offers) {
    const fields = input.fields.offers ?? [input.fields];
    const read = readOffers([expected.ok]);
    assert.deepEqual(read.map((offer) => offer.algorithms), fields.map((one) => one.algorithms ?? ["ES256", "RS256"]), name);
    for (const member of ["path", "challenge"]) assert.deepEqual(read.map((offer) => offer[member]), fields.map((one) => one[member]), name);
    assert.deepEqual(read.map((offer) => offer.authorization), fields.map((one) => one.authorization ?? null), name);
    assert.deepEqual(read.map((offer) => offer.federated), fields.map((one) => "voucher" in one), name);
  }
  for (const { name, input, expected } of written.filter(({ input }) => input.header === "Secure-Session-Challenge")) {
    const pairs = input.fields.challenges ?? [[input.fields.session_id, input.fields.challenge]];
    assert.deepEqual(readChallenges([expected.ok]), pairs.map(([sessionId, challenge]) => ({ challenge, sessionId })), name);
  }
});
