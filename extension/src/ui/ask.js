// @ts-check
import { browser } from "./browser.js";

/**
 * One key of a site, as the background tells of it. Times are milliseconds since the Unix epoch.
 *
 * @typedef {{
 *   id: string, thumbprint: string, since: number, lastRenewal: number | null, nextRenewal: number | null,
 *   scope: {origin: string, includeSite: boolean},
 * }} Session
 *
 * @typedef {{
 *   origin: string, host: string, enabled: boolean, permitted: boolean, supported: boolean,
 *   state: string, key: string | null, sessions: Session[], note: {code: string, at: number} | null,
 * }} SiteStatus
 */

/**
 * @param {{verb: "status", url: string} | {verb: "enable" | "disable" | "renew", origin: string}
 *   | {verb: "forget", origin: string, sessionId: string}} question
 * @returns {Promise<SiteStatus>}
 * @throws {Error} where the background does not answer with one
 */
export async function ask(question) {
  const answer = await browser.runtime.sendMessage(question);
  if (typeof answer?.state !== "string") throw new Error(`no answer to ${question.verb}`);
  return answer;
}

/**
 * @returns {Promise<SiteStatus[]>} every site that was ever switched on and not removed
 * @throws {Error} where the background does not answer with them
 */
export async function askSites() {
  const answer = await browser.runtime.sendMessage({ verb: "sites" });
  if (!Array.isArray(answer)) throw new Error("no answer to sites");
  return answer;
}

/**
 * Have `listener` called whenever something changed at a site.
 *
 * @param {(origin: string) => void} listener
 */
export function onChanged(listener) {
  browser.runtime.onMessage.addListener((message) => {
    if (message?.verb === "changed") listener(String(message.origin));
  });
}
