import assert from "node:assert/strict";
import { test } from "node:test";
import { ceremonyMessage, unsupportedReason } from "../../server/boundgate/pages/static/ceremony_text.js";
import { Problem } from "../../server/boundgate/pages/static/problems.js";

test("a cancelled ceremony is no failure of the person's", () => {
  const text = ceremonyMessage(new DOMException("The operation timed out", "NotAllowedError"));
  assert.match(text, /Nothing was changed/);
  assert.doesNotMatch(text, /error|failed/i);
});

test("a ceremony that the page ended itself says nothing", () => {
  assert.equal(ceremonyMessage(new DOMException("aborted", "AbortError")), "");
});

test("a refusal by the server shows its sentence", () => {
  const problem = new Problem({ status: 410, code: "gone", title: "Gone", detail: "The link was used." });
  assert.equal(ceremonyMessage(problem), "The link was used.");
});

test("each known kind has its own sentence, anything else a general one", () => {
  const names = ["InvalidStateError", "SecurityError", "NotSupportedError", "ConstraintError", "OtherError"];
  const texts = names.map((name) => ceremonyMessage(new DOMException("x", name)));
  assert.equal(new Set(texts).size, names.length);
  for (const odd of [null, undefined, 5, "x", {}, { name: "toString" }]) assert.match(ceremonyMessage(odd), /^Your device/);
});

test("a missing API is named with what to use instead", () => {
  const api = { parseRequestOptionsFromJSON() {}, parseCreationOptionsFromJSON() {} };
  assert.equal(unsupportedReason({ isSecureContext: true, PublicKeyCredential: api }), "");
  assert.match(unsupportedReason({ isSecureContext: true }), /Firefox 119/);
  assert.match(unsupportedReason({ isSecureContext: true, PublicKeyCredential: {} }), /Chrome/);
  assert.match(unsupportedReason({ isSecureContext: false, PublicKeyCredential: api }), /https:/);
});
