// @ts-check
// The Cookie header of a request that is held (RFC 6265 §4.2.1, §5.4).
import { isSatisfied, wouldCarry } from "../protocol/cookies.js";

/** @typedef {import("../client/types.js").Cookie} Cookie */
/** @typedef {import("../client/types.js").SessionRecord} SessionRecord */

/** @typedef {{sameSite: boolean, topLevel: boolean}} Context  of the request, as far as SameSite asks */

/**
 * @param {string} header
 * @returns {[string, string][]} names and values, in their order
 */
export function parseCookies(header) {
  return header.split(/;\s*/).flatMap((pair) => {
    if (pair === "") return [];
    const at = pair.indexOf("=");
    return /** @type {[string, string][]} */ ([at === -1 ? ["", pair] : [pair.slice(0, at), pair.slice(at + 1)]]);
  });
}

/**
 * The header with the credentials of these sessions as the jar has them now. Nothing else is touched, and nothing is
 * put in that the browser would have kept back.
 *
 * @param {string} header
 * @param {readonly SessionRecord[]} records
 * @param {{url: string, cookies: readonly Cookie[], now: number, context: Context}} request
 * @returns {string} the same where nothing is to be changed
 */
export function withCredentials(header, records, { url, cookies, now, context }) {
  const pairs = parseCookies(header);
  let changed = false;
  for (const credential of records.flatMap(({ instructions }) => instructions.credentials)) {
    const cookie = cookies.find((each) => isSatisfied(credential, each, now / 1000));
    if (!cookie || !wouldCarry(credential, url)) continue;
    const places = pairs.flatMap(([name], index) => (name === credential.name ? [index] : []));
    // Two cookies of one name differ in path or domain, which the header does not tell.
    if (places.length > 1) continue;
    const [place] = places;
    if (place === undefined && !mayCarry(credential.attributes.sameSite, context)) continue;
    if (place !== undefined && pairs[place]?.[1] === cookie.value) continue;
    pairs.splice(place ?? pairs.length, place === undefined ? 0 : 1, [cookie.name, cookie.value]);
    changed = true;
  }
  return changed ? pairs.map(([name, value]) => (name === "" ? value : `${name}=${value}`)).join("; ") : header;
}

/**
 * @param {import("../protocol/types.js").SameSite} sameSite
 * @param {Context} context
 * @returns {boolean}
 */
function mayCarry(sameSite, context) {
  if (context.sameSite || sameSite === "none") return true;
  return context.topLevel && sameSite !== "strict";
}
