// @ts-check
import { api, HOLDS, ORDINARY_STORE } from "./api.js";

/** @typedef {import("../client/types.js").Cookie} Cookie */

// With first-party isolation Firefox wants to be told that any first party will do.
const ORDINARY = { storeId: ORDINARY_STORE, ...(HOLDS ? { firstPartyDomain: null } : {}) };

/**
 * @param {string} url
 * @returns {Promise<Cookie[]>} cookies of the ordinary jar that go to this URL
 */
export function cookiesFor(url) {
  return /** @type {Promise<any>} */ (api.cookies.getAll(/** @type {any} */ ({ ...ORDINARY, url })));
}

/**
 * @param {string} site  scheme and registrable domain or host
 * @returns {Promise<Cookie[]>} every cookie of the site and of what lies below it
 */
export function cookiesOf(site) {
  const domain = new URL(site).hostname;
  return /** @type {Promise<any>} */ (api.cookies.getAll(/** @type {any} */ ({ ...ORDINARY, domain })));
}
