import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem, explain } from "../../server/boundgate/pages/static/problems.js";

const envelope = (code, message = "Server's own sentence.") => Problem.from(401, { error: { message, type: "t", param: null, code } });

const CONTRACT = ["invalid_request", "unknown_parameter", "binding_required", "proof_required", "step_up_required",
  "session_revoked", "invalid_token", "model_forbidden", "model_not_found", "route_unpriced", "request_too_large",
  "budget_exhausted", "upstream_error", "overloaded", "upstream_timeout"];

for (const code of CONTRACT) {
  test(`${code} has a title of its own and a sentence`, () => {
    const said = explain(envelope(code));
    assert.notEqual(said.title, "That did not work.");
    assert.match(said.text, /\.$/);
  });
}

test("where the server names the field or the limit, its sentence is shown", () => {
  assert.equal(explain(envelope("unknown_parameter", "`foo` is not known.")).text, "`foo` is not known.");
  assert.match(explain(envelope("budget_exhausted", "Used up until noon.")).text, /^Used up until noon\. /);
});

test("a refusal that only a confirmation could lift shows the server's cause, and names the way out where there is one", () => {
  assert.equal(explain(envelope("step_up_required")).text, "Server's own sentence.");
  assert.equal(explain(envelope("step_up_required"), "premium").text, "Server's own sentence. Choose a standard model.");
});

test("a lost session offers to sign in again", () => {
  for (const code of ["session_revoked", "proof_required", "invalid_token"]) {
    assert.deepEqual(explain(envelope(code)).action, { label: "Sign in again", href: "/" });
  }
});

test("an unknown code shows what the server said", () => {
  assert.deepEqual(explain(envelope("brand_new")), { title: "That did not work.", text: "Server's own sentence.", action: null });
  assert.equal(explain(envelope("constructor")).action, null);
});

test("a problem document is read", () => {
  const problem = Problem.from(410, { title: "Gone", status: 410, detail: "The link was used.", code: "gone" });
  assert.deepEqual([problem.status, problem.code, problem.title, problem.detail], [410, "gone", "Gone", "The link was used."]);
});

test("any other body still makes a problem", () => {
  for (const body of [null, undefined, 1, "x", [], {}, { error: "x" }, { error: null }, { detail: 5 }, { code: {} }]) {
    const problem = Problem.from(500, body);
    assert.equal(problem.code, "http_500");
    assert.match(problem.detail, /status 500/);
  }
});
