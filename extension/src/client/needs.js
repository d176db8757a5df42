// @ts-check
import { missing } from "../protocol/cookies.js";
import { inScope, mayInitiate } from "../protocol/scope.js";

/** @typedef {import("./types.js").SessionRecord} SessionRecord */
/** @typedef {import("./types.js").Cookie} Cookie */

/**
 * @param {readonly SessionRecord[]} records
 * @param {string} url
 * @param {string | null} initiator  origin of the page behind the request; null for the browser itself
 * @returns {SessionRecord[]} sessions that a request for the URL refreshes where a credential is missing (DBSC §8.5)
 */
export function concerned(records, url, initiator) {
  return records.filter(({ instructions }) => inScope(instructions, url) && mayInitiate(instructions, initiator));
}

/**
 * @param {readonly SessionRecord[]} records
 * @param {string} url
 * @param {readonly Cookie[]} cookies  of the jar, for the URL
 * @param {number} now
 * @returns {SessionRecord[]} those with a credential that the request would carry and that is not there
 */
export function lacking(records, url, cookies, now) {
  return records.filter(({ instructions }) => missing(instructions, cookies, url, now / 1000).length > 0);
}

/**
 * @param {SessionRecord} record
 * @param {string} url  of an answer of the session's site
 * @returns {boolean} whether its challenges count: a sibling host has no say in a session that is not shared with it
 */
export function mayChallenge({ instructions: { scope } }, url) {
  return scope.includeSite || new URL(url).origin === scope.origin;
}
