// What a reader would have to check by eye in every page, script and style sheet.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const UI = new URL("../../../extension/src/ui/", import.meta.url);
const read = (name) => readFileSync(new URL(name, UI), "utf8");
const list = (end) => readdirSync(UI).filter((name) => name.endsWith(end));

test("nothing turns text into markup, style or code", () => {
  const banned = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setAttribute\("(?:on|style|src|href)|\.style\b|cssText|DOMParser|createContextualFragment/;
  for (const name of list(".js")) assert.doesNotMatch(read(name), banned, name);
});

test("pages have no inline script, style or handler", () => {
  for (const name of list(".html")) {
    assert.doesNotMatch(read(name), /<style|\sstyle=|\son\w+=|javascript:/i, name);
    for (const [, attributes] of read(name).matchAll(/<script([^>]*)>/g)) assert.match(attributes, /type="module" src="\w+\.js"/, name);
  }
});

test("nothing is loaded from elsewhere", () => {
  for (const name of list(".css")) assert.doesNotMatch(read(name), /@import|url\(/, name);
  for (const name of list(".html")) assert.doesNotMatch(read(name), /https?:\/\//, name);
});

test("every file that a page names exists", () => {
  for (const name of list(".html")) {
    for (const [, path] of read(name).matchAll(/(?:src|href)="([^"#]+)"/g)) assert.ok(read(path), path);
  }
});

test("every element that a script looks for is in its page", () => {
  const shared = { "popup.js": "popup.html", "popup_view.js": "popup.html", "options.js": "options.html", "site_list.js": "options.html",
    "confirm.js": "options.html", "welcome.js": "welcome.html" };
  for (const [script, page] of Object.entries(shared)) {
    for (const [, id] of read(script).matchAll(/(?:byId|say)\("([\w-]+)", (?:HTML|said)/g)) assert.match(read(page), new RegExp(`id="${id}"`), `${script} ${id}`);
  }
});

test("the colours are the server's", () => {
  assert.equal(read("tokens.css"), readFileSync(new URL("../../../server/boundgate/pages/static/tokens.css", import.meta.url), "utf8"));
});

test("what the browser does not animate on request is not animated", () => {
  assert.match(read("theme.css"), /prefers-reduced-motion: reduce\) \{\s*\*, \*::before, \*::after \{ animation: none !important; transition: none !important; \}/);
});
