// @ts-check
// The extension's own requests. `Sec-Secure-Session-Id` is a forbidden header for `fetch`, so a rule of the browser
// puts it onto this one request: exact URL, no tab, begun by this extension.
import { Turns } from "../client/turns.js";
import { api, OWN_ORIGIN } from "./api.js";
import { fetchAlone } from "./batches.js";

/** @typedef {import("../client/types.js").Answer} Answer */

const CLIENT = `boundgate-extension/${api.runtime.getManifest().version}`;
const rules = api["declarativeNetRequest"];
// One request at a time for each URL, so that none can meet another one's rule.
const turns = new Turns();
const swept = sweep();
let rulesMade = 0;

/**
 * @param {string} url
 * @param {{headers: Record<string, string>, sessionId?: string, signal: AbortSignal}} options
 * @returns {Promise<Answer>}
 * @throws {TypeError | DOMException} where no answer comes
 */
export async function post(url, { headers, sessionId, signal }) {
  const named = sessionId === undefined ? { ...headers, "DBSC-Client": CLIENT } : headers;
  const send = () => ask(url, { method: "POST", credentials: "include", headers: named, signal });
  return turns.take(url, () => (sessionId === undefined ? send() : withSession(url, sessionId, signal, send)));
}

/**
 * A document of the site that needs no cookies.
 *
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<{status: number, body: string}>}
 */
export function read(url, signal) {
  return ask(url, { credentials: "omit", signal });
}

/**
 * @param {string} url
 * @param {RequestInit} init
 * @returns {Promise<Answer>}
 */
async function ask(url, init) {
  const always = /** @type {const} */ ({ redirect: "follow", cache: "no-store", referrerPolicy: "no-referrer" });
  const response = await fetchAlone(url, { ...init, ...always });
  const field = (/** @type {string} */ name) => [response.headers.get(name)].filter((value) => value !== null);
  return {
    status: response.status,
    url: response.url,
    challenges: field("Secure-Session-Challenge"),
    clearSiteData: field("Clear-Site-Data"),
    body: await response.text(),
  };
}

/**
 * @template T
 * @param {string} url
 * @param {string} sessionId
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} send
 * @returns {Promise<T>}
 */
async function withSession(url, sessionId, signal, send) {
  await swept;
  signal.throwIfAborted();
  const id = (rulesMade += 1);
  await rules.updateSessionRules({ addRules: [rule(id, url, sessionId)] });
  try {
    return await send();
  } finally {
    await rules.updateSessionRules({ removeRuleIds: [id] });
  }
}

/** Take away what a background that was ended in the middle has left. */
async function sweep() {
  const left = await rules.getSessionRules();
  await rules.updateSessionRules({ removeRuleIds: left.map((/** @type {{id: number}} */ { id }) => id) });
}

/**
 * @param {number} id
 * @param {string} url
 * @param {string} sessionId
 * @returns {any}
 */
function rule(id, url, sessionId) {
  const [asked = ""] = url.split("#", 1);
  return {
    id,
    condition: {
      urlFilter: `|${asked}|`,
      resourceTypes: ["xmlhttprequest"],
      tabIds: [-1],
      initiatorDomains: [new URL(OWN_ORIGIN).hostname],
    },
    action: {
      type: "modifyHeaders",
      requestHeaders: [{ header: "Sec-Secure-Session-Id", operation: "set", value: sessionId }],
    },
  };
}
