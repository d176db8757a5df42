import assert from "node:assert/strict";
import { test } from "node:test";
import { browserRegistered, sawCookie, sawSetCookies } from "../../../extension/src/browser/native.js";

let number = 0;
let now = 1_790_000_000_000;
Date.now = () => now;

/** A host of its own for each test, for what was seen is kept for a minute. */
function fresh() {
  const host = `site${(number += 1)}.example`;
  const cookie = { name: "bound", value: "v1", domain: host, httpOnly: true, secure: true };
  return { host, origin: `https://${host}`, cookie, since: now };
}

test("a cookie that scripts cannot set and no answer has set is the browser's own doing", () => {
  const { origin, cookie, since } = fresh();
  sawCookie({ removed: false, cookie });
  assert.equal(browserRegistered(origin, since), true);
});

test("a cookie of an answer is not, whichever was seen first", () => {
  for (const cookieFirst of [true, false]) {
    const { host, origin, cookie, since } = fresh();
    if (cookieFirst) sawCookie({ removed: false, cookie });
    sawSetCookies(`https://${host}/dbsc`, ["bound=v1; Path=/; Secure; HttpOnly"]);
    if (!cookieFirst) sawCookie({ removed: false, cookie });
    assert.equal(browserRegistered(origin, since), false);
  }
});

test("an answer that takes the cookie away does not explain that it is there", () => {
  const { host, origin, cookie, since } = fresh();
  sawSetCookies(`https://${host}/sign-in`, ["bound=; Max-Age=0", "login=1"]);
  sawCookie({ removed: false, cookie });
  assert.equal(browserRegistered(origin, since), true);
});

test("what scripts may have set, what is gone, what is old and what is elsewhere says nothing", () => {
  const { origin, cookie, since } = fresh();
  sawCookie({ removed: false, cookie: { ...cookie, httpOnly: false } });
  sawCookie({ removed: false, cookie: { ...cookie, secure: false } });
  sawCookie({ removed: true, cookie });
  sawCookie({ removed: false, cookie: { ...cookie, domain: "other.example" } });
  assert.equal(browserRegistered(origin, since), false);
  sawCookie({ removed: false, cookie });
  now += 10_000;
  assert.equal(browserRegistered(origin, now), false);
});
