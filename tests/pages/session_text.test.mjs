import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LABELS, UNREACHABLE, describeProvenance, describeState, explainProvenance } from "../../server/boundgate/pages/static/session_text.js";

const read = (path) => readFileSync(new URL(`../../server/boundgate/${path}`, import.meta.url), "utf8");

/** The values of one StrEnum in terms.py. */
function terms(name) {
  const body = read("terms.py").split(`class ${name}(StrEnum):`)[1].split("\nclass ")[0];
  return [...body.matchAll(/^ {4}[A-Z_]+ = "([a-z_]+)"$/gm)].map((match) => match[1]);
}

test("every state of the server has a label and a meaning", () => {
  assert.deepEqual(Object.keys(LABELS.states).sort(), terms("SessionState").sort());
  for (const state of terms("SessionState")) assert.ok(describeState(state).meaning.length > 20);
});

test("every provenance of the server has a label", () => {
  assert.deepEqual(Object.keys(LABELS.provenances).sort(), terms("Provenance").sort());
});

test("the templates use the same labels", () => {
  const words = read("pages/templates/_words.html");
  for (const [term, label] of [...Object.entries(LABELS.states), ...Object.entries(LABELS.provenances)]) {
    assert.ok(words.includes(`"${term}": "${label}"`), term);
  }
});

test("every key is explained in the same words on every page", () => {
  assert.deepEqual(Object.keys(LABELS.notes).sort(), terms("Provenance").sort());
  const words = read("pages/templates/_words.html");
  for (const [term, note] of Object.entries(LABELS.notes)) {
    assert.equal(explainProvenance(term), note);
    assert.ok(words.includes(`"${term}": "${note}"`), term);
  }
});

test("a software key is said to protect from copied cookies and page scripts, and not from who reads the files", () => {
  assert.match(explainProvenance("software"), /copied cookie cannot.*page's script.*files can copy it/);
});

test("states that need an act say which", () => {
  assert.match(describeState("unbound").meaning, /Device Bound Session Credentials.*Chrome on Windows.*Boundgate extension/);
  assert.equal(describeState("lapsed").action?.href, "/playground");
  assert.equal(describeState("ended").action?.href, "/");
  assert.equal(describeState("bound").action, null);
});

test("no text claims hardware for a browser's key", () => {
  assert.doesNotMatch(describeState("bound").meaning + describeProvenance("browser"), /hardware|TPM|cannot be copied/i);
  assert.match(explainProvenance("browser"), /Nothing proves that it sits in hardware/);
});

test("an unknown state or provenance is shown as unknown", () => {
  for (const odd of ["", "toString", "__proto__", 1, null, undefined, {}]) {
    assert.equal(describeState(odd), UNREACHABLE);
    assert.equal(describeProvenance(odd), "–");
    assert.equal(explainProvenance(odd), "");
  }
});
