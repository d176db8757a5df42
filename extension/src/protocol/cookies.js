// @ts-check
// When a cookie of the jar satisfies a credential, and which are missing for a request (DBSC §8.6, §9.5).
import { isUnder } from "./scope.js";
import { isSecure, parseUrl } from "./site.js";

/** @typedef {import("./types.js").Credential} Credential */
/** @typedef {import("./types.js").Cookie} Cookie */
/** @typedef {import("./types.js").Instructions} Instructions */

/**
 * Whether a cookie is the one that a credential means, and still alive: name, domain, path, Secure, HttpOnly, SameSite
 * and partition are equal. Its value does not matter.
 *
 * @param {Credential} credential
 * @param {Cookie} cookie
 * @param {number} nowSeconds
 * @returns {boolean}
 */
export function isSatisfied(credential, cookie, nowSeconds) {
  const { attributes } = credential;
  return (
    cookie.name === credential.name &&
    hasDomain(credential, cookie) &&
    cookie.path === attributes.path &&
    cookie.secure === attributes.secure &&
    cookie.httpOnly === attributes.httpOnly &&
    hasSameSite(credential, cookie) &&
    !cookie.partitionKey?.topLevelSite &&
    (cookie.expirationDate === undefined || cookie.expirationDate > nowSeconds)
  );
}

/**
 * @param {Instructions} instructions
 * @param {readonly Cookie[]} cookies
 * @param {string} url
 * @param {number} nowSeconds
 * @returns {Credential[]} those that a request for the URL would carry and that no cookie satisfies
 */
export function missing(instructions, cookies, url, nowSeconds) {
  return instructions.credentials.filter(
    (credential) =>
      wouldCarry(credential, url) && !cookies.some((cookie) => isSatisfied(credential, cookie, nowSeconds)),
  );
}

/**
 * @param {Credential} credential
 * @param {string} url absolute
 * @returns {boolean} whether a same-site request for it carries the cookie (RFC 6265 §5.4)
 */
export function wouldCarry({ host, attributes }, url) {
  const asked = parseUrl(url);
  if (asked === null || (attributes.secure && !isSecure(url))) return false;
  const { domain, path } = attributes;
  const below = domain !== null && (asked.hostname === domain || asked.hostname.endsWith(`.${domain}`));
  return (domain === null ? asked.hostname === host : below) && isUnder(asked.pathname, path);
}

/**
 * @param {Credential} credential
 * @param {Cookie} cookie
 * @returns {boolean}
 */
function hasDomain({ host, attributes }, cookie) {
  const domain = cookie.domain.replace(/^\./, "");
  return cookie.hostOnly ? attributes.domain === null && domain === host : domain === attributes.domain;
}

/**
 * @param {Credential} credential
 * @param {Cookie} cookie
 * @returns {boolean}
 */
function hasSameSite({ attributes }, cookie) {
  const written = cookie.sameSite === "no_restriction" ? "none" : cookie.sameSite;
  return written === attributes.sameSite;
}
