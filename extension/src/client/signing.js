// @ts-check
// A limit of our own on signatures. Chromium's, six in nine minutes, spares a TPM; ours stops a server that asks for
// more and more.

const WINDOW_MS = 9 * 60 * 1000;
const MOST = 30;

/** @typedef {import("./types.js").SessionRecord} SessionRecord */

/**
 * @param {readonly SessionRecord[]} records
 * @param {string} site
 * @param {number} now
 * @returns {boolean} whether one more proof may be signed for the site
 */
export function maySign(records, site, now) {
  const ofSite = records.filter((record) => record.site === site);
  return ofSite.flatMap(({ signatures }) => recent(signatures, now)).length < MOST;
}

/**
 * @param {readonly number[]} signatures
 * @param {number} now
 * @returns {number[]} those that still count
 */
export function recent(signatures, now) {
  return signatures.filter((at) => at > now - WINDOW_MS);
}
