import assert from "node:assert/strict";
import { test } from "node:test";
import { isSameSite, isSecure, registrableDomain, schemefulSite } from "../../../extension/src/protocol/site.js";

const DOMAINS = {
  "example.com": "example.com",
  "a.b.example.co.uk": "example.co.uk",
  "EXAMPLE.com": "example.com",
  "alice.github.io": "alice.github.io",
  "b\u00fccher.example": "xn--bcher-kva.example",
  "a.example.com.": "example.com.",
  "app.localhost": "app.localhost",
  "a_b.example.test": "example.test",
};
const NONE = ["com", "co.uk", "github.io", "localhost", "127.0.0.1", "0x7f.1", "[::1]", "", ".", "a..b", "a b.test", "example.com:443", "x/y.test", "u@example.com", "[::1]:443"];

test("a registrable domain is the public suffix, its private section included, and one label more", () => {
  for (const [host, domain] of Object.entries(DOMAINS)) assert.equal(registrableDomain(host), domain, host);
  for (const host of NONE) assert.equal(registrableDomain(host), null, host);
});

test("a site is scheme and registrable domain, or the host itself", () => {
  assert.equal(schemefulSite("https://a.example.com:8443/x"), "https://example.com");
  assert.equal(schemefulSite("wss://a.example.com"), "https://example.com");
  assert.equal(schemefulSite("http://localhost:1"), "http://localhost");
  assert.equal(schemefulSite("https://[::1]/"), "https://[::1]");
  for (const url of ["data:,x", "moz-extension://a/", "about:blank", "null", ""]) assert.equal(schemefulSite(url), "", url);
});

test("what has no site is never the same site", () => {
  assert.ok(isSameSite("https://a.example.com", "https://b.example.com:1"));
  assert.ok(!isSameSite("http://example.com", "https://example.com"));
  assert.ok(!isSameSite("https://alice.github.io", "https://bob.github.io"));
  assert.ok(!isSameSite("data:,x", "data:,x"));
});

test("secure is TLS, or this machine", () => {
  for (const url of ["https://example.com", "wss://example.com", "http://localhost:1", "http://a.localhost", "http://127.1.2.3", "http://[::1]/"]) assert.ok(isSecure(url), url);
  for (const url of ["http://example.com", "ws://example.com", "http://localhost.example.com", "http://127.0.0.1.example.com", "ftp://localhost", "data:,x", ""]) assert.ok(!isSecure(url), url);
});
