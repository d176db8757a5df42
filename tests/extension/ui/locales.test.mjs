import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { STATES } from "../../../extension/src/ui/status_text.js";

const ROOT = new URL("../../../extension/", import.meta.url);
const read = (path) => readFileSync(new URL(path, ROOT), "utf8");
const under = (folder, end) =>
  readdirSync(new URL(folder, ROOT), { recursive: true }).filter((name) => name.endsWith(end) && !name.includes("vendor")).map((name) => `${folder}${name}`);

const [en, de] = ["en", "de"].map((locale) => JSON.parse(read(`_locales/${locale}/messages.json`)));
const scripts = under("src/", ".js").map(read);
const pages = under("src/", ".html").map(read);
const manifests = under("", ".json").filter((name) => /^manifest\.\w+\.json$/.test(name)).map(read);
const all = (texts, pattern) => texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1]));

const LOOKS = [...STATES, "failed", "unpermitted", "unsupported", "unknown"];
const families = [...LOOKS.flatMap((look) => [`head_${look}`, `mean_${look}`]), ...STATES.map((state) => `title_${state}`)];
const named = [
  ...all(pages, /data-t(?:-label)?="(\w+)"/g), ...all(scripts, /\bt\("(\w+)"/g), ...all(manifests, /__MSG_(\w+)__/g),
  ...all(scripts, /"((?:note|add|said|key|fact|limit)_\w+)"/g), ...families,
];

test("both languages have the same texts with the same placeholders", () => {
  assert.deepEqual(Object.keys(de), Object.keys(en));
  const holes = ({ message }) => [...message.matchAll(/\$([A-Z]+)\$/g)].map((match) => match[1].toLowerCase()).sort();
  for (const [key, entry] of Object.entries(en)) {
    assert.deepEqual(de[key].placeholders, entry.placeholders, key);
    assert.deepEqual(holes(entry), Object.keys(entry.placeholders ?? {}).sort(), key);
    assert.deepEqual(holes(de[key]), holes(entry), key);
  }
});

test("no text is missing", () => {
  for (const key of named) assert.ok(Object.hasOwn(en, key), key);
});

test("no text is left over", () => {
  const literals = new Set([...named, ...all(scripts, /"(\w+)"/g)]);
  for (const key of Object.keys(en)) assert.ok(literals.has(key), key);
});

test("the stores' limits are kept", () => {
  for (const texts of [en, de]) {
    assert.ok(texts.ext_name.message.length <= 45);
    assert.ok(texts.ext_description.message.length <= 132);
  }
});

test("each language names itself", () => {
  assert.equal(en.lang.message, "en");
  assert.equal(de.lang.message, "de");
});

test("no text promises hardware, or that a key cannot be copied", () => {
  for (const texts of [en, de]) {
    for (const [key, { message }] of Object.entries(texts)) {
      if (/hardware/i.test(message)) assert.match(message, /not hardware|keine Hardware/, key);
      assert.doesNotMatch(message, /TPM|secure enclave|cannot be copied|nicht kopier|unhackable|100 ?%/i, key);
    }
  }
});

test("what a software key cannot do is said where it is shown", () => {
  assert.match(en.limit_software.message, /profile can copy it/);
  assert.match(de.limit_software.message, /Browserprofil lesen kann, kann ihn kopieren/);
});

test("German addresses people with Sie", () => {
  for (const [key, { message }] of Object.entries(de)) assert.doesNotMatch(message, /\b(du|dein\w*|dir|dich|euer|eure\w*)\b/i, key);
});
