import assert from "node:assert/strict";
import { test } from "node:test";
import { mayChallenge } from "../../../extension/src/client/needs.js";
import { Browser, ORIGIN, settle } from "./browser.mjs";

const URL_HERE = `${ORIGIN}/v1/chat`;

async function bound(options) {
  const browser = await new Browser(options).bound();
  browser.server.requests.length = 0;
  return browser;
}

test("a refresh asks, signs the challenge of the refusal, and asks again", async () => {
  const browser = await bound();
  browser.jar.delete("bound");
  assert.equal(await browser.client.recover(URL_HERE), true);
  const [first, second] = browser.server.requests;
  assert.deepEqual([first.sessionId, first.proof], ["S1", undefined]);
  assert.deepEqual([second.sessionId, second.proof.claims.jti], ["S1", "c1"]);
  assert.equal(second.proof.header.jwk, undefined);
});

test("a challenge that a page's answer brought saves the first question", async () => {
  const browser = await bound();
  await browser.answer({ challenges: ['"ready";id="S1", "other";id="S2"'] });
  browser.jar.delete("bound");
  await browser.client.recover(URL_HERE);
  assert.deepEqual(browser.server.requests.map(({ proof }) => proof?.claims.jti), ["ready"]);
});

test("a challenge that was signed is not signed again", async () => {
  const browser = await bound();
  await browser.answer({ challenges: ['"once";id="S1"'] });
  for (let round = 0; round < 2; round += 1) {
    browser.jar.delete("bound");
    await browser.client.recover(URL_HERE);
  }
  assert.deepEqual(browser.server.requests.map(({ proof }) => proof?.claims.jti), ["once", undefined, "c1"]);
});

test("a challenge of another site does not count", async () => {
  const browser = await bound();
  await browser.answer({ challenges: ['"foreign";id="S1"'] }, "https://evil.example/");
  assert.equal(browser.records()[0].challenge, null);
});

test("a challenge of a sibling host counts only where the session is shared with the site", async () => {
  const sibling = "https://evil.example.com/";
  const alone = await bound();
  await alone.answer({ challenges: ['"sibling";id="S1"'] }, sibling);
  const [record] = alone.records();
  assert.equal(record.challenge, null);
  const shared = { ...record.instructions.scope, includeSite: true };
  assert.equal(mayChallenge({ ...record, instructions: { ...record.instructions, scope: shared } }, sibling), true);
});

test("many refused requests are worth one refresh", async () => {
  const browser = await bound();
  browser.jar.delete("bound");
  const all = await Promise.all(Array.from({ length: 5 }, () => browser.client.recover(URL_HERE)));
  assert.deepEqual(all, [true, true, true, true, true]);
  assert.equal(browser.server.count("refresh"), 2);
});

test("a refused request whose cookie came on the way is worth another try, without a refresh", async () => {
  const browser = await bound();
  assert.equal(await browser.client.recover(URL_HERE), true);
  await browser.pass(21_000);
  assert.equal(await browser.client.recover(URL_HERE), false);
  assert.equal(browser.server.requests.length, 0);
});

test("four proofs are signed and the fifth refusal ends the session", async () => {
  const browser = await bound();
  browser.server.usual = () => browser.server.demand();
  browser.jar.delete("bound");
  assert.equal(await browser.client.recover(URL_HERE), false);
  assert.equal(browser.server.requests.filter(({ proof }) => proof).length, 4);
  assert.deepEqual([browser.records(), (await browser.state()).note.code], [[], "TooManyChallenges"]);
});

for (const [answer, code] of [
  [{ status: 403 }, "InvalidChallenge"],
  [{ status: 404 }, "PersistentHttpError"],
  [{ status: 429 }, "PersistentHttpError"],
  [{ status: 200, body: '{"session_identifier": "S1", "continue": false}' }, "ServerRequestedTermination"],
  [{ status: 200, body: '{"session_identifier": "S2"}' }, "MismatchedSessionId"],
  [{ status: 200, clearSiteData: ['"*"'] }, "SignedOut"],
]) {
  test(`a refresh ends the session and its key: ${JSON.stringify(answer)}`, async () => {
    const browser = await bound();
    browser.server.next(answer);
    browser.jar.delete("bound");
    await browser.client.recover(URL_HERE);
    const status = await browser.state();
    assert.deepEqual([status.state, status.note.code, status.sessions], ["ended", code, []]);
    assert.deepEqual(browser.keys(), []);
    assert.equal(browser.dues.size, 0);
  });
}

for (const answer of [{ status: 500 }, { status: 407 }, new TypeError("no network")]) {
  test(`a session outlives ${answer.status ?? "a network that is gone"}`, async () => {
    const browser = await bound();
    browser.server.next(answer);
    browser.jar.delete("bound");
    assert.equal(await browser.client.recover(URL_HERE), false);
    assert.equal((await browser.state()).state, "unreachable");
    assert.equal(await browser.client.recover(URL_HERE), true);
    assert.deepEqual([(await browser.state()).state, (await browser.state()).note], ["bound", null]);
  });
}

test("a server that keeps failing is left alone for a while, unless the user asks", async () => {
  const browser = await bound();
  browser.jar.delete("bound");
  browser.server.usual = () => ({ status: 503 });
  for (let round = 0; round < 8; round += 1) await browser.client.recover(URL_HERE);
  assert.equal(browser.server.requests.length, 4);
  await browser.verbs.answer({ verb: "renew", origin: ORIGIN }, { own: true });
  assert.equal(browser.server.requests.length, 5);
  browser.time += 8 * 60_000;
  await browser.client.recover(URL_HERE);
  assert.equal(browser.server.requests.length, 6);
});

test("thirty signatures in nine minutes are enough", async () => {
  const browser = await bound();
  for (let round = 0; round < 40; round += 1) {
    browser.jar.delete("bound");
    await browser.client.recover(URL_HERE);
  }
  assert.equal(browser.server.requests.filter(({ proof }) => proof).length, 29);
  const status = await browser.state();
  assert.deepEqual([status.state, status.note.code], ["unreachable", "Quota"]);
  browser.time += 9 * 60_000;
  await browser.client.recover(URL_HERE);
  assert.equal((await browser.state()).state, "bound");
});

test("new instructions replace the old ones", async () => {
  const browser = await bound();
  await browser.answer({ challenges: ['"c";id="S1"'] });
  browser.server.next({ body: browser.server.text({ refresh_url: "/elsewhere" }) });
  browser.jar.delete("bound");
  await browser.client.recover(URL_HERE);
  assert.equal(browser.records()[0].instructions.refreshUrl, `${ORIGIN}/elsewhere`);
});

test("an end during the refresh is final, whatever the server answers then", async () => {
  const browser = await bound();
  browser.jar.delete("bound");
  browser.server.gate = new Promise(() => {});
  const recovered = browser.client.recover(URL_HERE);
  await settle();
  await browser.answer({ clearSiteData: ['"cookies"'] });
  assert.equal(await recovered, false);
  assert.deepEqual([browser.records(), browser.keys()], [[], []]);
  assert.equal(browser.jar.has("bound"), false);
});

test("a session that replaced another during its refresh is not touched by it", async () => {
  const browser = await bound({ holds: true });
  browser.jar.delete("bound");
  let release;
  browser.server.gate = new Promise((resolve) => (release = resolve));
  const recovered = browser.client.recover(URL_HERE);
  await settle();
  browser.server.gate = null;
  await browser.offer('(ES256);path="/dbsc/register";challenge="again"');
  await settle();
  const [replacement] = browser.records();
  release();
  assert.equal(await recovered, false);
  assert.deepEqual(browser.records(), [replacement]);
  assert.equal(browser.keys().length, 1);
});

test("several sessions of one origin are refreshed one after the other", async () => {
  const browser = await bound({ holds: true });
  browser.server.sessionId = "S2";
  await browser.offer('(ES256);path="/dbsc/register";challenge="second"');
  await settle();
  assert.equal(browser.records().length, 2);
  browser.server.requests.length = 0;
  browser.jar.delete("bound");
  browser.server.usual = () => ({ body: "" });
  await browser.client.recover(URL_HERE);
  assert.deepEqual(browser.server.requests.map(({ sessionId }) => sessionId).sort(), ["S1", "S2"]);
});
