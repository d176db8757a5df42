// @ts-check

/** @typedef {import("./types.js").Answer} Answer */

/** How long a server may take (Chromium's limit for a refresh). */
export const LIMIT_MS = 20_000;

/**
 * @param {string} url
 * @returns {Answer} of status 0: none came
 */
export function noAnswer(url) {
  return { status: 0, url, challenges: [], clearSiteData: [], body: "" };
}
