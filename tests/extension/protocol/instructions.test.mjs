import assert from "node:assert/strict";
import { test } from "node:test";
import {
  InstructionsError,
  needsWellKnown,
  readInstructions,
  wellKnownProblem,
} from "../../../extension/src/protocol/instructions.js";
import { registered, vectors } from "./vectors.mjs";

const URL_SERVED = "https://example.test/dbsc/register";
const COOKIE = { type: "cookie", name: "bound", attributes: "Path=/; Secure" };
const GOOD = { session_identifier: "sid-1", scope: { include_site: false }, credentials: [COOKIE] };

const refresh = (text, currentId = "sid-1") =>
  readInstructions(text, { servingUrl: URL_SERVED, registering: false, currentId });
const register = (document, servingUrl = URL_SERVED) =>
  registered({ document: { ...GOOD, ...document }, serving_url: servingUrl });
const refused = (code) => (error) => error instanceof InstructionsError && error.code === code;

for (const { name, input, expected } of vectors("instructions")) {
  test(`instructions: ${name}`, () => {
    if (expected.chrome) assert.throws(() => registered(input), refused(expected.chrome));
    else assert.equal(registered(input).sessionId, (input.document ?? JSON.parse(input.text.slice(1))).session_identifier);
  });
}

for (const { name, input, expected } of vectors("well_known")) {
  test(`well-known document: ${name}`, () => {
    assert.equal(wellKnownProblem(input.text, input.origin), expected.error ?? null);
    assert.equal(wellKnownProblem(input.text, input.origin) === null, "ok" in expected);
  });
}

test("everything that is missing has a default", () => {
  assert.deepEqual(register({}), {
    sessionId: "sid-1",
    refreshUrl: URL_SERVED,
    scope: { origin: "https://example.test", includeSite: false, rules: [] },
    credentials: [
      {
        name: "bound",
        host: "example.test",
        attributes: { domain: null, path: "/", secure: true, httpOnly: false, sameSite: "unspecified" },
      },
    ],
    allowedRefreshInitiators: [],
  });
});

test("everything that is there is read", () => {
  const read = register(
    {
      refresh_url: "https://app.example.test/r",
      scope: { origin: "https://example.test", include_site: true, scope_specification: [{ type: "exclude", path: "/x" }] },
      credentials: [{ ...COOKIE, attributes: "Domain=.Example.test; Path=/a; Secure; HttpOnly; SameSite=STRICT" }],
      allowed_refresh_initiators: ["*.idp.test"],
    },
    "https://app.example.test/register",
  );
  assert.equal(read.refreshUrl, "https://app.example.test/r");
  assert.deepEqual(read.scope.rules, [{ type: "exclude", domain: "*", path: "/x" }]);
  assert.deepEqual(read.credentials[0], {
    name: "bound",
    host: "app.example.test",
    attributes: { domain: "example.test", path: "/a", secure: true, httpOnly: true, sameSite: "strict" },
  });
  assert.deepEqual(read.allowedRefreshInitiators, ["*.idp.test"]);
  assert.deepEqual(structuredClone(read), read);
});

test("a refresh may answer nothing, a registration may not", () => {
  assert.equal(refresh(""), null);
  assert.throws(() => registered({ text: "", serving_url: URL_SERVED }), refused("EmptySessionConfig"));
  assert.throws(() => refresh(" "), refused("InvalidConfigJson"));
});

test("a refresh must answer with the session's identifier, before all else", () => {
  assert.equal(refresh(JSON.stringify(GOOD))?.sessionId, "sid-1");
  assert.throws(() => refresh(JSON.stringify(GOOD), "sid-2"), refused("MismatchedSessionId"));
  assert.throws(() => refresh('{"session_identifier":"x","continue":false}'), refused("MismatchedSessionId"));
  assert.throws(() => refresh('{"session_identifier":"sid-1","continue":false}'), refused("ServerRequestedTermination"));
});

test("the site's leave is asked for where a host below it registers for all of it", () => {
  const scope = { origin: "https://example.test", include_site: true };
  const ask = (origin, include = scope) => needsWellKnown(register({ scope: include }, `${origin}/r`), `${origin}/r`);
  assert.equal(ask("https://app.example.test"), "https://example.test/.well-known/device-bound-sessions");
  assert.equal(ask("https://app.example.test:8443"), "https://example.test:8443/.well-known/device-bound-sessions");
  assert.equal(ask("https://example.test"), null);
  assert.equal(ask("https://app.example.test", { include_site: false }), null);
});

test("members that JSON hides in prototypes are no members", () => {
  assert.throws(() => refresh('{"__proto__":{"session_identifier":"sid-1"}}'), refused("InvalidSessionId"));
});
