// The copies that the browser loads are those of the packages that package-lock.json pins.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../../", import.meta.url);
const VENDOR = new URL("extension/src/vendor/", ROOT);
const OURS = ["tldts/index.esm.min.d.ts"];
const PACKAGES = ["structured-headers", "tldts"];
const { devDependencies } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8"));

for (const name of PACKAGES) {
  const files = readdirSync(new URL(`${name}/`, VENDOR)).filter((file) => !OURS.includes(`${name}/${file}`));
  test(`${name} has a licence beside it`, () => assert.ok(files.includes("LICENSE")));
  for (const file of files) {
    test(`${name}/${file} is an unmodified copy`, () => {
      const source = file === "LICENSE" ? file : `dist/${file}`;
      const original = readFileSync(new URL(`node_modules/${name}/${source}`, ROOT));
      assert.ok(readFileSync(new URL(`${name}/${file}`, VENDOR)).equals(original));
    });
  }
}

test("nothing else is there, and the versions in the README are those that are pinned", () => {
  assert.deepEqual(readdirSync(VENDOR).sort(), ["README.md", ...PACKAGES]);
  const readme = readFileSync(new URL("README.md", VENDOR), "utf8");
  for (const name of PACKAGES) assert.ok(readme.includes(`${name} ${devDependencies[name]} |`), name);
});

test("the copies load nothing from elsewhere", () => {
  for (const name of PACKAGES) {
    for (const file of readdirSync(new URL(`${name}/`, VENDOR)).filter((each) => each.endsWith(".js"))) {
      const text = readFileSync(new URL(`${name}/${file}`, VENDOR), "utf8");
      for (const [, from] of text.matchAll(/\bfrom\s*["']([^"']+)["']/g)) assert.match(from, /^\.\/\w+\.js$/, file);
      assert.doesNotMatch(text, /\beval\(|new Function\(|\bimport\(/, file);
    }
  }
});
