import assert from "node:assert/strict";
import { test } from "node:test";
import { agentText } from "../../server/boundgate/pages/static/agent.js";
import { suggestedName } from "../../server/boundgate/pages/static/naming.js";

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
const agents = [
  [CHROME, "Chrome 156 on Linux"],
  [CHROME.replace("X11; Linux x86_64", "Windows NT 10.0; Win64; x64") + " Edg/156.0.0.0", "Edge 156 on Windows"],
  [CHROME.replace("Chrome/", "HeadlessChrome/"), "Chrome 156 on Linux"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox 153 on macOS"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1", "Safari 18 on iPhone"],
  ["Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36", "Chrome 150 on Android"],
  ["curl/8.1", "curl/8.1"],
  ["", "Unknown browser"],
];
for (const [agent, text] of agents) test(`${text} is recognised`, () => assert.equal(agentText(agent), text));

test("a passkey's suggested name says where it was made, or this device", () => {
  assert.equal(suggestedName(CHROME), "Chrome on Linux");
  assert.equal(suggestedName("something"), "This device");
});

test("a hostile header costs no time", () => {
  const begun = performance.now();
  agentText("Version/1 ".repeat(100_000));
  assert.ok(performance.now() - begun < 200);
});
