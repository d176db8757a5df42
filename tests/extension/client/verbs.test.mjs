import assert from "node:assert/strict";
import { test } from "node:test";
import { Browser, ORIGIN } from "./browser.mjs";

const PAGE = { own: false, origin: ORIGIN };
const OWN = { own: true };

test("a page can ask for one thing, a refresh of what its own origin lacks", async () => {
  const browser = await new Browser().bound();
  for (const message of [
    ...["enable", "disable", "renew"].map((verb) => ({ verb, origin: ORIGIN })),
    { verb: "forget", origin: ORIGIN, sessionId: "S1" }, { verb: "status", url: ORIGIN }, { verb: "sites" },
    { verb: "sign", challenge: "x" }, { verb: "changed" }, "recover", null, undefined, 7, [], {},
  ]) {
    assert.equal(browser.verbs.answer(message, PAGE), null, JSON.stringify(message));
  }
  assert.deepEqual(await browser.verbs.answer({ verb: "recover", url: `${ORIGIN}/x` }, PAGE), { recovered: true });
});

test("a page's URL has to be of its own origin", async () => {
  const browser = await new Browser().bound();
  browser.jar.delete("bound");
  const foreign = ["https://example.com/", "https://ai.example.com:444/", "http://ai.example.com/"];
  for (const url of [...foreign, "nonsense", 7, null, { toString: () => ORIGIN }, `${ORIGIN}/${"x".repeat(9_000)}`]) {
    assert.deepEqual(await browser.verbs.answer({ verb: "recover", url }, PAGE), { recovered: false });
  }
  assert.equal(browser.server.count("refresh"), 0);
});

test("a page makes nothing signed that no server has asked for", async () => {
  const browser = await new Browser().bound();
  await browser.verbs.answer({ verb: "recover", url: `${ORIGIN}/x`, challenge: "mine", sessionId: "S9" }, PAGE);
  assert.equal(browser.server.count("refresh"), 0);
  browser.jar.delete("bound");
  await browser.verbs.answer({ verb: "recover", url: `${ORIGIN}/x`, challenge: "mine" }, PAGE);
  assert.deepEqual(browser.server.requests.slice(1).map(({ proof }) => proof?.claims.jti), [undefined, "c1"]);
});

test("what the extension's own pages say is checked as well", () => {
  const browser = new Browser();
  for (const message of [
    { verb: "status" }, { verb: "enable" }, { verb: "enable", origin: "x" }, { verb: "enable", origin: `${ORIGIN}/` },
    { verb: "recover", url: ORIGIN }, { verb: "constructor", origin: ORIGIN },
  ]) {
    assert.equal(browser.verbs.answer(message, OWN), null, JSON.stringify(message));
  }
});

test("switching off deletes the key; switching on again begins anew", async () => {
  const browser = await new Browser().bound();
  const off = await browser.verbs.answer({ verb: "disable", origin: ORIGIN }, OWN);
  assert.deepEqual([off.enabled, off.state, off.sessions, browser.keys()], [false, "off", [], []]);
  const on = await browser.verbs.answer({ verb: "enable", origin: ORIGIN }, OWN);
  assert.deepEqual([on.enabled, on.sessions], [true, []]);
});

test("one key of several can be forgotten", async () => {
  const browser = await new Browser().bound();
  const status = await browser.verbs.answer({ verb: "forget", origin: ORIGIN, sessionId: "S1" }, OWN);
  assert.deepEqual([status.state, status.note.code, browser.keys()], ["ended", "Forgotten", []]);
});

test("a status tells what there is and nothing secret", async () => {
  const browser = await new Browser().bound();
  const status = await browser.verbs.answer({ verb: "status", url: `${ORIGIN}/any?x#y` }, OWN);
  const [session] = status.sessions;
  assert.equal(Object.keys(status).sort().join(), "enabled,host,key,note,origin,permitted,sessions,state,supported");
  assert.equal(Object.keys(session).sort().join(), "id,lastRenewal,nextRenewal,scope,since,thumbprint");
  assert.equal(status.sessions[0].thumbprint, browser.records()[0].thumbprint);
  assert.deepEqual([status.state, status.key, status.supported], ["bound", "software", true]);
});

test("pages that are not of the web have no state", async () => {
  const browser = new Browser();
  for (const url of ["http://ai.example.com/", "about:blank", "file:///x", "nonsense", ""]) {
    const status = await browser.verbs.answer({ verb: "status", url }, OWN);
    assert.deepEqual([status.supported, status.state, status.origin], [false, "off", ""]);
  }
});

test("the list holds what was chosen and what has keys", async () => {
  const browser = await new Browser().bound();
  browser.choices["https://other.example"] = { enabled: true };
  const list = await browser.verbs.answer({ verb: "sites" }, OWN);
  const states = list.map(({ origin, state }) => [origin, state]);
  assert.deepEqual(states, [[ORIGIN, "bound"], ["https://other.example", "none"]]);
});
