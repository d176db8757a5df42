import assert from "node:assert/strict";
import { test } from "node:test";
import { makeKey, publicJwk, signProof, thumbprint } from "../../../extension/src/protocol/proof.js";
import { verifyRefresh, verifyRegistration } from "../../dbsc/verifier.mjs";
import { vectors } from "./vectors.mjs";

const decode = (part) => Buffer.from(part, "base64url").toString();
const parts = (proof) => proof.split(".").slice(0, 2).map(decode);

/** A pair that signs with a key of ours and shows Chromium's. */
async function pairShowing(jwk) {
  const { privateKey } = await makeKey();
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return { privateKey, publicKey: await crypto.subtle.importKey("jwk", jwk, algorithm, true, ["verify"]) };
}

// With the feature that adds `aud`, which is off, Chromium writes one claim more.
const recorded = vectors("chromium").filter(({ name }) => name.includes("ES256") && !name.includes("aud feature"));

test("there are proofs that Chromium wrote", () => assert.ok(recorded.length >= 10));

for (const { name, input } of recorded) {
  test(`header and claims are written as in: ${name}`, async () => {
    const [header, claims] = parts(input.proof).map((text) => JSON.parse(text));
    const register = input.kind === "registration";
    const pair = await pairShowing(register ? header.jwk : input.key.jwk);
    const { jti: challenge = null, authorization = null } = claims;
    assert.deepEqual(parts(await signProof({ pair, challenge, authorization, register })), parts(input.proof));
  });
}

test("Chromium's requests carry such proofs raw, in this header", () => {
  const proofs = new Set(vectors("chromium").map(({ input }) => input.proof));
  const sent = vectors("chromium_requests").flatMap(({ headers }) => headers.filter(([name]) => name === "Secure-Session-Response"));
  assert.ok(sent.length > 20);
  for (const [, value] of sent) assert.ok(proofs.has(value));
});

test("a proof of registration is verified by a key that came with it, one of a refresh by the key that is known", async () => {
  const pair = await makeKey();
  const audience = "https://example.test/dbsc";
  const proof = await signProof({ pair, challenge: "c<\u2028", authorization: "a", register: true });
  const said = await verifyRegistration({ proof, algorithms: ["ES256"], audience });
  const print = await thumbprint(await publicJwk(pair));
  assert.deepEqual(said, { challenge: "c<\u2028", authorization: "a", algorithm: "ES256", thumbprint: print });
  const again = await signProof({ pair, challenge: "c2", authorization: "a", register: false });
  const key = { algorithm: "ES256", jwk: await publicJwk(pair) };
  assert.deepEqual(await verifyRefresh({ proof: again, key, audience }), { challenge: "c2" });
  assert.equal(parts(again)[1], '{"jti":"c2"}');
});

test("a private key cannot be read by anybody", async () => {
  const { privateKey } = await makeKey();
  for (const format of ["jwk", "pkcs8", "raw"]) await assert.rejects(crypto.subtle.exportKey(format, privateKey));
});

for (const { name, input, expected } of vectors("jwks").filter(({ expected }) => expected.ok)) {
  test(`thumbprint: ${name}`, async () => assert.equal(await thumbprint(input.jwk), expected.ok.thumbprint));
}
