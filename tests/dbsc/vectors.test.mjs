// The proof vectors, read by an implementation that shares no code with the server.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';

import {verifyRefresh, verifyRegistration} from './verifier.mjs';

const read = name => JSON.parse(readFileSync(new URL(`../vectors/dbsc/${name}`, import.meta.url), 'utf8'));
const verify = input => (input.kind === 'registration' ? verifyRegistration : verifyRefresh)(input);

for (const file of ['chromium.json', 'chromium_negatives.json']) {
  const entries = read(file);
  test(`${file} has entries`, () => assert.ok(entries.length >= 16));
  for (const {name, input, expected} of entries) {
    test(name, async () => {
      if (expected.ok) assert.deepEqual(await verify(input), expected.ok);
      else await assert.rejects(verify(input));
    });
  }
}

// A server may be as lenient as Chrome's history asks for; nothing that is an error for all may pass a strict one.
for (const {name, input} of read('proofs.json').filter(({expected}) => expected.error)) {
  test(`proofs.json: ${name}`, () => assert.rejects(verify(input)));
}
