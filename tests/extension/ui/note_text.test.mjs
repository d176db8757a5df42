import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { noteText } from "../../../extension/src/ui/note_text.js";

const names = JSON.parse(readFileSync(new URL("../../vectors/dbsc/cdp_names.json", import.meta.url), "utf8"));

test("every outcome that Chromium names is said in words", () => {
  for (const name of names.fetchResult) {
    if (name !== "Success" && !/Attestation|PreProvisioned|SessionDeleted/.test(name)) assert.notEqual(noteText(name), "note_other", name);
  }
});

test("what a person can act upon is told apart", () => {
  const said = {
    Cleared: "note_cleared", SignedOut: "note_signed_out", SwitchedOff: "note_switched_off", second_key: "note_second_key",
    Quota: "note_quota", ServerRequestedTermination: "note_terminated", InvalidChallenge: "note_proof", NetError: "note_network",
    TransientHttpError: "note_server", PersistentHttpError: "note_refused", BoundCookieSetForbidden: "note_cookie",
    Federated: "note_federated", SigningError: "note_key", MissingScope: "note_rules", Unpermitted: "note_permission",
    UnsupportedAlgorithm: "note_algorithm", NoChallenge: "note_offer", InvalidRegistrationUrl: "note_offer",
  };
  for (const [code, text] of Object.entries(said)) assert.equal(noteText(code), text, code);
});

test("an unknown code is no guess", () => {
  for (const odd of ["", "toString", "__proto__", "Whatever"]) assert.equal(noteText(odd), "note_other", odd);
});
