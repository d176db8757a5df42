import assert from "node:assert/strict";
import { test } from "node:test";
import { Browser, ORIGIN, START, settle } from "./browser.mjs";

const PROVIDER = 'provider_key="k";provider_session_id="i";provider_url="https://p.example"';

test("an offer is registered with a proof over its challenge, and the key is kept", async () => {
  const browser = await new Browser({ holds: true }).bound();
  const [{ url, sessionId, proof }] = browser.server.requests;
  assert.equal(url, `${ORIGIN}/dbsc/register`);
  assert.equal(sessionId, undefined);
  assert.equal(proof.claims.jti, "offered");
  assert.equal(proof.header.jwk.crv, "P-256");
  const [record] = browser.records();
  assert.equal(record.pair.privateKey.extractable, false);
  assert.equal(browser.disks.sessions.held.size, 1);
  assert.equal(browser.disks.offers.held.size, 0);
});

test("the authorization of an offer is signed too", async () => {
  const browser = new Browser({ holds: true });
  await browser.offer('(ES256);path="/dbsc/register";challenge="c";authorization="code"');
  await settle();
  assert.equal(browser.server.requests[0].proof.claims.authorization, "code");
});

test("where requests cannot be held the browser's own DBSC goes first for five seconds", async () => {
  const browser = new Browser();
  await browser.offer();
  assert.equal((await browser.state()).state, "waiting");
  await browser.pass(4_999);
  assert.equal(browser.server.requests.length, 0);
  await browser.pass(1);
  assert.equal((await browser.state()).state, "bound");
});

test("signs of a key of the browser's own stop the registration", async () => {
  const browser = new Browser();
  await browser.offer();
  browser.native = true;
  await browser.pass(5_000);
  assert.equal(browser.server.requests.length, 0);
  const status = await browser.state();
  assert.deepEqual([status.state, status.key, status.note.code], ["native", "browser", "native"]);
});

for (const [holds, state] of [[false, "native"], [true, "taken"]]) {
  test(`a server that knows another key already is noted as ${state}`, async () => {
    const browser = new Browser({ holds });
    browser.server.next({ status: 409, body: '{"code": "second_key"}' });
    await browser.offer();
    await browser.pass(5_000);
    const status = await browser.state();
    assert.deepEqual([status.state, status.note.code, browser.keys()], [state, "second_key", []]);
  });
}

test("a second offer that is refused says nothing against the key that is there", async () => {
  const browser = await new Browser({ holds: true }).bound();
  browser.server.next({ status: 409, body: '{"code": "second_key"}' });
  await browser.offer('(ES256);path="/dbsc/register";challenge="again"');
  const status = await browser.state();
  assert.deepEqual([status.state, status.note], ["bound", null]);
});

test("sites that were not chosen are left alone", async () => {
  const browser = new Browser({ holds: true });
  await browser.answer({ offers: ['(ES256);path="/r";challenge="c"'] }, "https://other.example/");
  browser.choices[ORIGIN].enabled = false;
  await browser.offer();
  await settle();
  assert.equal(browser.server.requests.length, 0);
});

test("a site that is switched off while the server thinks gets no session", async () => {
  const browser = new Browser({ holds: true });
  let release;
  browser.server.gate = new Promise((resolve) => (release = resolve));
  await browser.offer();
  assert.equal(browser.server.requests.length, 1);
  await browser.verbs.answer({ verb: "disable", origin: ORIGIN }, { own: true });
  release();
  await settle();
  assert.deepEqual([browser.records(), browser.keys()], [[], []]);
});

test("signing out while the server thinks leaves no key behind", async () => {
  const browser = new Browser({ holds: true });
  let release;
  browser.server.gate = new Promise((resolve) => (release = resolve));
  await browser.offer();
  await browser.answer({ clearSiteData: ['"cookies"'] });
  release();
  await settle();
  assert.deepEqual([browser.records(), browser.keys()], [[], []]);
});

test("an offer that is seen twice is registered once", async () => {
  const browser = new Browser();
  await Promise.all([browser.offer(), browser.offer()]);
  await browser.pass(5_000);
  assert.equal(browser.server.count("register"), 1);
});

test("two offers at once are registered one after the other, and the same identifier replaces", async () => {
  const browser = new Browser({ holds: true });
  const offers = ['(ES256);path="/dbsc/register";challenge="a", (ES256);path="/dbsc/register";challenge="b"'];
  await browser.answer({ offers });
  await settle();
  assert.equal(browser.server.count("register"), 2);
  assert.equal(browser.records().length, 1);
  assert.equal(browser.keys().length, 1);
});

test("a background that is ended before its five seconds are over registers in its next life", async () => {
  const browser = new Browser();
  await browser.offer();
  browser.time += 6_000;
  browser.begin();
  await browser.client.start();
  await settle();
  assert.equal((await browser.state()).state, "bound");
});

test("a background that is ended during the registration repeats it with the same key", async () => {
  const browser = new Browser({ holds: true });
  browser.server.gate = new Promise(() => {});
  await browser.offer();
  browser.server.gate = null;
  browser.begin();
  await browser.client.start();
  await settle();
  const [first, second] = browser.server.requests;
  assert.deepEqual(first.proof.header.jwk, second.proof.header.jwk);
  assert.equal(browser.records().length, 1);
});

test("an offer that is minutes old is not tried any more", async () => {
  const browser = new Browser();
  await browser.offer();
  await browser.pass(6 * 60_000);
  assert.equal(browser.server.requests.length, 0);
});

for (const [offer, code] of [
  ['(RS256);path="/r";challenge="c"', "UnsupportedAlgorithm"],
  ['(ES256);path="/r"', "NoChallenge"],
  ['(ES256);path="https://elsewhere.example/r";challenge="c"', "InvalidRegistrationUrl"],
  [`(ES256);path="/r";challenge="c";${PROVIDER}`, "Federated"],
]) {
  test(`an offer is refused: ${code}`, async () => {
    const browser = new Browser({ holds: true });
    await browser.offer(offer);
    await settle();
    const status = await browser.state();
    assert.deepEqual([status.state, status.note.code], ["none", code]);
    assert.equal(browser.server.requests.length, 0);
  });
}

for (const [answer, code] of [
  [{ status: 403 }, "RegistrationAttemptedChallenge"],
  [{ status: 400 }, "PersistentHttpError"],
  [{ status: 200, body: "" }, "EmptySessionConfig"],
  [{ status: 200, body: "no" }, "InvalidConfigJson"],
  [new TypeError("no network"), "NetError"],
]) {
  test(`an answer that registers nothing leaves no key: ${code}`, async () => {
    const browser = new Browser({ holds: true });
    browser.server.next(answer);
    await browser.offer();
    await settle();
    assert.equal((await browser.state()).note.code, code);
    assert.deepEqual(browser.keys(), []);
  });
}

test("a session of the whole site that a subdomain registers needs the site's leave", async () => {
  const whole = { scope: { origin: "https://example.com", include_site: true }, credentials: [
    { type: "cookie", name: "bound", attributes: "Domain=example.com; Path=/; Secure; HttpOnly; SameSite=Lax" }] };
  for (const [body, sessions] of [['{"registering_origins": ["https://ai.example.com"]}', 1], ["{}", 0]]) {
    const browser = new Browser({ holds: true });
    browser.server.instructions = whole;
    browser.server.read = async (url) => {
      assert.equal(url, "https://example.com/.well-known/device-bound-sessions");
      return { status: 200, body };
    };
    await browser.offer();
    await settle();
    assert.equal(browser.records().length, sessions);
  }
});

test("a challenge on the registration's answer is the first to be signed", async () => {
  const browser = new Browser({ holds: true });
  browser.server.next({ body: browser.server.text(), challenges: ['"early";id="S1"'] });
  await browser.offer();
  await settle();
  assert.equal(browser.records()[0].challenge, "early");
  assert.equal(browser.records()[0].since, START);
});
