// @ts-check
// How long a session leaves a failing server alone (Chromium `session.cc`, kBackoffPolicy).

/**
 * Errors in a row, and the time in milliseconds before which the server is not asked.
 *
 * @typedef {{errors: number, until: number}} BackOff
 */

/** Errors in a row that cost nothing: after them a refresh may be tried again at once. */
export const FREE_ERRORS = 3;
const FIRST_MS = 500;
const FACTOR = 1.5;
const JITTER = 0.2;
const LONGEST_MS = 8 * 60 * 1000;

/** @type {Readonly<BackOff>} what a session begins with, and goes back to with each success */
export const NO_BACKOFF = Object.freeze({ errors: 0, until: 0 });

/**
 * @param {Readonly<BackOff>} before
 * @param {number} nowMs when the error came
 * @param {number} random 0 to 1; takes up to a fifth off, so that clients do not come together
 * @returns {BackOff}
 */
export function afterError({ errors }, nowMs, random) {
  return { errors: errors + 1, until: nowMs + backoffMs(errors + 1, random) };
}

/**
 * @param {Readonly<BackOff>} backOff
 * @param {number} nowMs
 * @returns {boolean} whether the server may be asked now
 */
export function mayAsk({ until }, nowMs) {
  return nowMs >= until;
}

/**
 * @param {number} errors in a row
 * @param {number} [random]
 * @returns {number} milliseconds after the last of them in which nothing is asked
 */
export function backoffMs(errors, random = 0) {
  if (errors <= FREE_ERRORS) return 0;
  const full = Math.min(FIRST_MS * FACTOR ** (errors - FREE_ERRORS - 1), LONGEST_MS);
  return Math.round(full * (1 - JITTER * random));
}
