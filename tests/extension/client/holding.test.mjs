import assert from "node:assert/strict";
import { test } from "node:test";
import { Browser, ORIGIN, settle } from "./browser.mjs";

globalThis.browser = { runtime: { getURL: () => "moz-extension://ours/", getManifest: () => ({}) } };
const { hold } = await import("../../../extension/src/browser/holding.js");

const PATH = `${ORIGIN}/v1/chat`;
let number = 0;

async function bound() {
  const browser = await new Browser({ holds: true }).bound();
  browser.server.requests.length = 0;
  Date.now = () => browser.time;
  return browser;
}

function request({ cookie = "login=1; bound=v1", site = "same-origin", ...more } = {}) {
  const requestHeaders = [{ name: "Host", value: "ai.example.com" }, { name: "Sec-Fetch-Site", value: site }];
  if (cookie !== null) requestHeaders.push({ name: "Cookie", value: cookie });
  return {
    requestId: `${(number += 1)}`, url: PATH, method: "GET", type: "xmlhttprequest", originUrl: `${ORIGIN}/page`,
    thirdParty: false, incognito: false, cookieStoreId: "firefox-default", requestHeaders, ...more,
  };
}

function ask(browser, details) {
  return hold(browser.client, details, async () => browser.cookies());
}

function cookieOf({ requestHeaders }) {
  return requestHeaders.find(({ name }) => name === "Cookie").value;
}

test("a request with all its cookies is not touched", async () => {
  const browser = await bound();
  assert.deepEqual(await ask(browser, request()), {});
  assert.equal(browser.server.requests.length, 0);
});

test("a request waits for the missing credential and carries its new value", async () => {
  const browser = await bound();
  browser.jar.delete("bound");
  const changed = await ask(browser, request({ cookie: "login=1" }));
  assert.equal(cookieOf(changed), "login=1; bound=v2");
  assert.deepEqual(changed.requestHeaders.map(({ name }) => name), ["Host", "Sec-Fetch-Site", "Cookie"]);
});

test("a value that expired after the header was made is replaced in its place", async () => {
  const browser = await bound();
  browser.time += 301_000;
  assert.equal(cookieOf(await ask(browser, request({ cookie: "bound=v1; login=1" }))), "bound=v2; login=1");
});

test("a header that is older than the jar is brought up to date without a refresh", async () => {
  const browser = await bound();
  assert.equal(cookieOf(await ask(browser, request({ cookie: "login=1" }))), "login=1; bound=v1");
  assert.equal(browser.server.requests.length, 0);
});

test("two requests at once wait for one refresh", async () => {
  const browser = await bound();
  browser.jar.delete("bound");
  const requests = [request({ cookie: "login=1" }), request({ cookie: "login=1" })];
  const both = await Promise.all(requests.map((each) => ask(browser, each)));
  assert.deepEqual(both.map(cookieOf), ["login=1; bound=v2", "login=1; bound=v2"]);
  assert.equal(browser.server.count("refresh"), 2);
});

test("a document without any cookie is begun anew, once", async () => {
  const browser = await bound();
  browser.jar.delete("bound");
  const details = request({ cookie: null, type: "main_frame", originUrl: undefined, site: "none" });
  assert.deepEqual(await ask(browser, details), { redirectUrl: PATH });
  assert.equal(cookieOf(await ask(browser, details)), "bound=v2");
});

for (const [what, more] of [
  ["wants no cookies", { cookie: null }],
  ["another site began", { originUrl: "https://other.example/", site: "cross-site", type: "main_frame" }],
  ["a sandboxed frame began", { originUrl: "null" }],
  ["is in a private window", { incognito: true }],
  ["is in a container", { cookieStoreId: "firefox-container-1" }],
  ["is a frame's within another site", { thirdParty: true }],
  ["is the extension's own", { originUrl: "moz-extension://ours/background.html" }],
  ["is another extension's", { originUrl: "moz-extension://theirs/x.html" }],
  ["goes to the refresh URL", { url: `${ORIGIN}/dbsc/refresh` }],
  ["goes elsewhere", { url: "https://other.example/" }],
]) {
  test(`a request is left alone that ${what}`, async () => {
    const browser = await bound();
    browser.jar.delete("bound");
    assert.deepEqual(await ask(browser, request(more)), {});
    assert.equal(browser.server.requests.length, 0);
  });
}

test("an initiator that the session allows gets no cookie that the browser kept back", async () => {
  const browser = await bound();
  const [record] = browser.records();
  const allowed = { ...record.instructions, allowedRefreshInitiators: ["other.example"] };
  await browser.client.records.change(record, { instructions: allowed });
  browser.jar.delete("bound");
  const from = { originUrl: "https://other.example/", site: "cross-site", cookie: "other=1" };
  assert.deepEqual(await ask(browser, request(from)), {});
  assert.equal(cookieOf(await ask(browser, request({ ...from, type: "main_frame" }))), "other=1; bound=v2");
  assert.deepEqual(await ask(browser, request({ ...from, type: "main_frame", method: "POST" })), {});
});

test("a request goes out as it is when the refresh fails, and when the session ends", async () => {
  for (const status of [503, 404]) {
    const browser = await bound();
    browser.jar.delete("bound");
    browser.server.next({ status });
    assert.deepEqual(await ask(browser, request({ cookie: "login=1" })), {});
  }
});

test("a request in the last half minute goes out at once, and the refresh beside it", async () => {
  const browser = await bound();
  browser.time += 280_000;
  assert.deepEqual(await ask(browser, request()), {});
  await settle();
  assert.equal(browser.server.count("refresh"), 2);
});
