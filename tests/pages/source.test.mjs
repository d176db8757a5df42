// What a reader would have to check by eye in every template, script and style sheet.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const PAGES = new URL("../../server/boundgate/pages/", import.meta.url);
const read = (path) => readFileSync(new URL(path, PAGES), "utf8");
const list = (folder, end) => readdirSync(new URL(folder, PAGES)).filter((name) => name.endsWith(end));
const scripts = list("static/", ".js");
const templates = list("templates/", ".html");

function graph(entry, seen = new Set()) {
  for (const [, name] of read(`static/${entry}`).matchAll(/^import .*from "\.\/([\w.]+)";$/gm)) {
    if (!seen.has(name)) graph(name, seen.add(name));
  }
  return seen;
}

/** The scripts that a template starts, and those that it has the browser fetch ahead. */
function loaded(template) {
  const text = read(`templates/${template}`);
  const looped = [...text.matchAll(/\{% for name in \[(.*?)\] %\}/gs)].flatMap((match) => match[1].match(/\w+/g) ?? []);
  const written = [...text.matchAll(/rel="modulepreload" href="\/static\/(\w+)\.js"/g)].map((match) => match[1]);
  const entries = [...text.matchAll(/<script type="module" src="\/static\/(\w+\.js)">/g)].map((match) => match[1]);
  return { entries, ahead: [...looped, ...written].map((name) => `${name}.js`) };
}

test("nothing turns text into markup or code", () => {
  const banned = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setAttribute\("(?:on|style|src|href)|\.style\b|cssText|DOMParser|createContextualFragment/;
  for (const name of scripts) assert.doesNotMatch(read(`static/${name}`), banned, name);
});

test("the answers that carry an offer are never fetched", () => {
  for (const name of scripts) assert.doesNotMatch(read(`static/${name}`), /(?:postJson|getJson|fetch\w*)\(\s*"\/(?:sign-in|enrol|sign-out)"/, name);
});

test("templates have no inline script, style or handler, and mark nothing safe", () => {
  for (const name of templates) {
    const text = read(`templates/${name}`);
    assert.doesNotMatch(text, /<style|\sstyle=|\son\w+=|javascript:|\|\s*safe|autoescape/i, name);
    for (const [, attributes] of text.matchAll(/<script([^>]*)>/g)) assert.match(attributes, /src="\/static\//, name);
  }
});

test("nothing is loaded from elsewhere", () => {
  for (const name of list("static/", ".css")) assert.doesNotMatch(read(`static/${name}`), /@import|url\(/, name);
  for (const name of templates) assert.doesNotMatch(read(`templates/${name}`), /https?:\/\//, name);
});

test("every file that a template names exists", () => {
  for (const name of templates) {
    for (const [, path] of read(`templates/${name}`).matchAll(/\/static\/([\w.]+\.(?:js|css|svg))/g)) assert.ok(read(`static/${path}`), path);
  }
});

test("every page fetches ahead exactly the modules it imports", () => {
  const base = loaded("base.html");
  assert.deepEqual([...graph(base.entries[0])].sort(), base.ahead.sort());
  for (const name of templates.filter((each) => each !== "base.html" && loaded(each).entries.length > 0)) {
    const { entries, ahead } = loaded(name);
    const signedOut = ["sign_in.html", "enrol.html"].includes(name);
    const here = new Set([...ahead, ...(signedOut ? [] : base.ahead)]);
    assert.deepEqual([...graph(entries[0])].filter((each) => !here.has(each)), [], `${name} imports more`);
    assert.deepEqual(ahead.filter((each) => !graph(entries[0]).has(each)), [], `${name} fetches more`);
  }
});

test("the accessible names that others rely on stand in the templates", () => {
  const has = (name, pattern) => assert.match(read(`templates/${name}.html`), pattern);
  has("sign_in", /<button[^>]*>Sign in with passkey<\/button>/);
  has("sign_in", /<label for="user">Name<\/label>\s*<input id="user" type="text" autocomplete="username webauthn"/);
  has("enrol", /<button[^>]*>Create passkey<\/button>/);
  has("base", /<button[^>]*>Sign out<\/button>/);
  has("playground", /<label for="model">Model<\/label>/);
  has("playground", /<label for="prompt">Prompt<\/label>/);
  has("playground", /<button[^>]*>Send<\/button>/);
  has("playground", /<section id="answer"[^>]*aria-label="Answer"/);
  has("playground", /role="status" aria-label="Session"/);
});
