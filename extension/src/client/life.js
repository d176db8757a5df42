// @ts-check
// When the credentials of a session run out, and when to renew them.
import { isSatisfied } from "../protocol/cookies.js";

/** @typedef {import("./types.js").SessionRecord} SessionRecord */
/** @typedef {import("./types.js").Cookie} Cookie */
/** @typedef {import("./types.js").Instructions} Instructions */

/** A request within so much of the end renews the session beside it, where requests can be held. */
export const LAST_MS = 30_000;
/** A session that nobody has used for so long is renewed when it is used again. */
export const IDLE_MS = 60 * 60 * 1000;

/**
 * @param {Instructions} instructions
 * @param {readonly Cookie[]} cookies  of the site
 * @param {number} now
 * @returns {number | null} when the first credential ends; null where none has an end, or none is there
 */
export function firstEnd(instructions, cookies, now) {
  const ends = instructions.credentials.flatMap((credential) => {
    const cookie = cookies.find((each) => isSatisfied(credential, each, now / 1000));
    return cookie?.expirationDate === undefined ? [] : [cookie.expirationDate * 1000];
  });
  return ends.length === 0 ? null : Math.min(...ends);
}

/**
 * @param {SessionRecord} record
 * @param {boolean} holds  whether the browser holds requests
 * @returns {number | null} when to renew: early where a request cannot wait for it
 */
export function renewalDue({ lastRenewal, expires }, holds) {
  if (expires === null) return null;
  const half = lastRenewal + (expires - lastRenewal) / 2;
  return Math.round(holds ? Math.max(half, expires - LAST_MS) : half);
}

/**
 * @param {SessionRecord} record
 * @param {number} now
 * @returns {boolean} whether it was used lately
 */
export function inUse({ lastUsed }, now) {
  return now - lastUsed < IDLE_MS;
}
