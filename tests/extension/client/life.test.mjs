import assert from "node:assert/strict";
import { test } from "node:test";
import { Browser, ORIGIN, START, settle } from "./browser.mjs";

const HALF = 150_000;
const HOUR = 3_600_000;

test("half of the cookie's life is when it is renewed", async () => {
  const browser = await new Browser().bound();
  const [[name, due]] = browser.dues;
  assert.equal(due, START + 5_000 + HALF);
  browser.time = due;
  await browser.client.renewals.due(name);
  assert.equal(browser.server.count("refresh"), 2);
  assert.equal(browser.dues.get(name), due + HALF);
  assert.equal((await browser.state()).sessions[0].nextRenewal, due + HALF);
});

test("what was missed in sleep is made up for when the background begins again", async () => {
  const browser = await new Browser().bound();
  browser.time += 10 * 60_000;
  browser.begin();
  await browser.client.start();
  assert.equal(browser.server.count("refresh"), 2);
  assert.equal((await browser.state()).state, "bound");
});

test("a site that nobody uses is not renewed, unless a tab shows it", async () => {
  for (const [tab, refreshes] of [[false, 0], [true, 2]]) {
    const browser = await new Browser().bound();
    browser.time += HOUR + 60_000;
    browser.tab = tab;
    await browser.client.renewals.catchUp();
    assert.equal(browser.server.count("refresh"), refreshes);
    assert.equal(browser.dues.size, tab ? 1 : 0);
    assert.equal(browser.records().length, 1);
  }
});

test("a use is remembered, so that the next hour is renewed too", async () => {
  const browser = await new Browser().bound();
  browser.time += HOUR;
  await browser.client.concerned(`${ORIGIN}/x`, null);
  assert.equal(browser.records()[0].lastUsed, browser.time);
});

test("where requests are held nothing is renewed by the clock", async () => {
  const browser = await new Browser({ holds: true }).bound();
  browser.time += 10 * 60_000;
  await browser.client.renewals.catchUp();
  assert.equal(browser.server.count("refresh"), 0);
  assert.equal(browser.dues.size, 0);
});

test("a request in the last half minute renews the cookie beside it", async () => {
  const browser = await new Browser({ holds: true }).bound();
  const [record] = browser.records();
  browser.time += 264_000;
  await browser.client.renewals.ahead(record);
  assert.equal(browser.server.count("refresh"), 0);
  browser.time += 10_000;
  await browser.client.renewals.ahead(record);
  assert.equal(browser.server.count("refresh"), 2);
});

test("a cookie without an end is renewed only when it is missing", async () => {
  const browser = new Browser();
  const set = browser.set.bind(browser);
  browser.set = (name, options) => set(name, { ...options, life: null });
  await browser.bound();
  assert.equal(browser.dues.size, 0);
  assert.equal((await browser.state()).sessions[0].nextRenewal, null);
});

test("cookies that the user cleared end the session at the next occasion", async () => {
  const browser = await new Browser().bound();
  browser.jar.clear();
  await browser.client.endings.checkAll();
  const status = await browser.state();
  assert.deepEqual([status.state, status.note.code, browser.keys()], ["ended", "Cleared", []]);
});

test("no refresh brings back what the user has cleared", async () => {
  const browser = await new Browser().bound();
  browser.jar.clear();
  assert.equal(await browser.client.recover(`${ORIGIN}/x`), false);
  assert.equal(browser.server.count("refresh"), 0);
  assert.equal(browser.jar.size, 0);
});

test("a credential that is gone alone is refreshed", async () => {
  const browser = await new Browser().bound();
  browser.jar.delete("bound");
  await browser.client.endings.checkAll();
  assert.equal(await browser.client.recover(`${ORIGIN}/x`), true);
});

test("cookies that ran out were not cleared", async () => {
  const browser = await new Browser().bound();
  browser.jar.delete("login");
  await browser.client.refresh(browser.records());
  browser.time += 400_000;
  assert.deepEqual(browser.cookies(), []);
  await browser.client.endings.checkAll();
  assert.equal(browser.records().length, 1);
});

test("a server that expires its only cookie itself asks for a proof, and clears nothing", async () => {
  for (const line of ["bound=; Max-Age=0; Path=/", "bound=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]) {
    const browser = await new Browser().bound();
    browser.jar.delete("login");
    await browser.client.refresh(browser.records());
    browser.jar.delete("bound");
    await browser.answer({ setCookies: [line] });
    assert.equal(await browser.client.recover(`${ORIGIN}/x`), true);
  }
});

test("Clear-Site-Data ends what it clears: cookies of the site, storage of the origin", async () => {
  for (const [value, url, left] of [
    ['"cookies"', `${ORIGIN}/sign-out`, 0],
    ['"cookies"', "https://www.example.com/", 0],
    ['"storage"', `${ORIGIN}/`, 0],
    ['"storage"', "https://www.example.com/", 1],
    ['"cache"', `${ORIGIN}/`, 1],
    ['"cookies"', "https://example.org/", 1],
  ]) {
    const browser = await new Browser().bound();
    await browser.answer({ clearSiteData: [value] }, url);
    assert.equal(browser.records().length, left, `${value} ${url}`);
  }
});

test("a session that nobody used for 400 days is forgotten", async () => {
  const browser = await new Browser({ holds: true }).bound();
  browser.time += 401 * 24 * HOUR;
  browser.begin();
  await browser.client.start();
  await settle();
  assert.deepEqual(browser.records(), []);
});
