// @ts-check
// What webRequest tells, in the same words for both browsers.
import { isSameSite, parseUrl } from "../protocol/site.js";
import { HOLDS, ORDINARY_STORE, OWN_ORIGIN } from "./api.js";

/**
 * @param {any} details  of a webRequest event
 * @returns {string | null} origin of the page behind the request, "null" where it has none; null for the browser itself
 */
export function initiatorOf({ originUrl, initiator }) {
  const from = originUrl ?? initiator;
  return from === undefined ? null : (parseUrl(from)?.origin ?? "null");
}

/**
 * Requests of pages in ordinary windows, outside containers, in the jar that the extension shares: everything else is
 * left alone (frames of other sites have jars of their own).
 *
 * @param {any} details
 * @returns {boolean}
 */
export function isOrdinary(details) {
  if (details.incognito || (details.cookieStoreId ?? ORDINARY_STORE) !== ORDINARY_STORE) return false;
  const from = details.originUrl ?? details.initiator ?? "";
  if (from.startsWith(OWN_ORIGIN) || from.includes("-extension://")) return false;
  if (HOLDS) return !details.thirdParty || details.type === "main_frame";
  return details.type === "main_frame" || from === "" || from === "null" || isSameSite(from, details.url);
}

/**
 * @param {any} details
 * @returns {boolean} whether the extension itself asks
 */
export function isFromHere({ originUrl, initiator }) {
  return (originUrl ?? initiator ?? "").startsWith(OWN_ORIGIN);
}

/**
 * @param {any} details
 * @returns {boolean}
 */
export function isDocument({ type }) {
  return type === "main_frame" || type === "sub_frame";
}

/**
 * @param {{name: string, value?: string}[] | undefined} headers
 * @param {string} name  lower case
 * @returns {string[]} one for each field; Firefox joins them
 */
export function values(headers, name) {
  const found = (headers ?? []).filter((header) => header.name.toLowerCase() === name);
  return found.map(({ value }) => value ?? "");
}

/**
 * @param {any} details  of `onHeadersReceived`
 * @returns {import("../client/client.js").Seen}
 */
export function seen({ url, responseHeaders }) {
  return {
    url,
    offers: values(responseHeaders, "secure-session-registration"),
    challenges: values(responseHeaders, "secure-session-challenge"),
    clearSiteData: values(responseHeaders, "clear-site-data"),
    // Firefox joins these by line ends, for commas stand in dates.
    setCookies: values(responseHeaders, "set-cookie").flatMap((value) => value.split("\n")),
  };
}
