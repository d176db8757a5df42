// @ts-check
import { parseUrl, schemefulSite } from "../protocol/site.js";
import { renewalDue } from "./life.js";

/** @typedef {import("./types.js").SessionRecord} SessionRecord */
/** @typedef {import("./types.js").Note} Note */

/** @typedef {"off" | "none" | "waiting" | "bound" | "unreachable" | "native" | "taken" | "ended"} State */

/**
 * What the popup and the options page show of a site.
 *
 * @typedef {object} SiteStatus
 * @property {string} origin
 * @property {string} host
 * @property {boolean} enabled  chosen by the user, or by whoever manages the browser
 * @property {boolean} permitted  the browser lets the extension act on it
 * @property {boolean} supported  https, in an ordinary window
 * @property {State} state
 * @property {"software" | "browser" | null} key
 * @property {SessionStatus[]} sessions  newest first
 * @property {{code: string, at: number} | null} note
 */

/**
 * @typedef {object} SessionStatus
 * @property {string} id
 * @property {string} thumbprint
 * @property {number} since  milliseconds since 1970, as all times
 * @property {number} lastRenewal
 * @property {number | null} nextRenewal  null where it is renewed when it is used
 * @property {{origin: string, includeSite: boolean}} scope
 */

/**
 * @param {object} facts
 * @param {string} facts.url
 * @param {boolean} facts.enabled
 * @param {boolean} facts.permitted
 * @param {readonly SessionRecord[]} facts.records  all of them
 * @param {boolean} facts.waiting  an offer is being taken
 * @param {Note | null} facts.note
 * @param {boolean} facts.holds
 * @returns {SiteStatus}
 */
export function siteStatus({ url, enabled, permitted, records, waiting, note, holds }) {
  const parsed = parseUrl(url);
  const supported = parsed?.protocol === "https:";
  const origin = supported ? parsed.origin : "";
  const ours = supported ? records.filter((record) => covers(record, origin)) : [];
  const on = supported && enabled && permitted;
  const trouble = ours.find((record) => record.trouble !== null)?.trouble;
  const state = on ? stateOf(ours, waiting, note) : "off";
  return {
    origin,
    host: parsed?.host ?? "",
    enabled,
    permitted,
    supported,
    state,
    key: ours.length > 0 ? "software" : state === "native" ? "browser" : null,
    sessions: ours.map((record) => sessionStatus(record, holds)),
    note: trouble ?? (note && { code: note.code, at: note.at }),
  };
}

/**
 * @param {readonly SessionRecord[]} ours
 * @param {boolean} waiting
 * @param {Note | null} note
 * @returns {State}
 */
function stateOf(ours, waiting, note) {
  if (ours.length > 0) return ours.some(({ trouble }) => trouble === null) ? "bound" : "unreachable";
  if (waiting) return "waiting";
  return note === null || note.state === "failed" ? "none" : note.state;
}

/**
 * @param {SessionRecord} record
 * @param {boolean} holds
 * @returns {SessionStatus}
 */
function sessionStatus(record, holds) {
  const { id, thumbprint, since, lastRenewal, instructions } = record;
  const { origin, includeSite } = instructions.scope;
  return { id, thumbprint, since, lastRenewal, nextRenewal: renewalDue(record, holds), scope: { origin, includeSite } };
}

/**
 * @param {SessionRecord} record
 * @param {string} origin
 * @returns {boolean} whether the session is one of this origin
 */
function covers({ instructions, site, origin: offeredBy }, origin) {
  const { scope } = instructions;
  return scope.origin === origin || offeredBy === origin || (scope.includeSite && schemefulSite(origin) === site);
}
