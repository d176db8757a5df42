import assert from "node:assert/strict";
import { test } from "node:test";
import { pattern, readAddress } from "../../../extension/src/ui/address.js";

test("a site is read from what people type", () => {
  const site = { origin: "https://ai.example.com", host: "ai.example.com" };
  for (const typed of ["ai.example.com", " AI.example.com ", "https://ai.example.com/chat?x=1#y", "HTTPS://ai.example.com:443"]) {
    assert.deepEqual(readAddress(typed), site, typed);
  }
});

test("a port stays part of the site, and names are written as the browser does", () => {
  assert.deepEqual(readAddress("localhost:8443"), { origin: "https://localhost:8443", host: "localhost:8443" });
  assert.deepEqual(readAddress("bücher.example"), { origin: "https://xn--bcher-kva.example", host: "xn--bcher-kva.example" });
  assert.equal(readAddress("[::1]").origin, "https://[::1]");
});

test("what cannot be bound is told apart", () => {
  for (const typed of ["", "  "]) assert.deepEqual(readAddress(typed), { problem: "add_empty" });
  for (const typed of ["http://ai.example.com", "ftp://x.example"]) assert.deepEqual(readAddress(typed), { problem: "add_insecure" }, typed);
  for (const typed of ["two words", "https://", "https://user:word@x.example", "*", "https://*/", "*.example.com", "https://x.example:99999"]) {
    assert.deepEqual(readAddress(typed), { problem: "add_unreadable" }, typed);
  }
});

test("the permission that is asked for is for that host alone", () => {
  assert.equal(pattern("https://ai.example.com"), "https://ai.example.com/*");
  assert.equal(pattern("https://localhost:8443"), "https://localhost/*");
});
