// @ts-check
// Signs of the browser's own DBSC, whose requests no extension sees. A cookie that scripts cannot set (HttpOnly) and
// that no visible answer has set comes from an answer that nobody saw.
import { parseUrl } from "../protocol/site.js";

const KEPT_MS = 60_000;
/** The browser may have registered before its extensions hear of the offer. */
const AHEAD_MS = 2_000;

/** @typedef {{host: string, pair: string, at: number}} Sight  `pair` is name=value */

/** @type {Sight[]} */
let answered = [];
/** @type {Sight[]} */
let appeared = [];

/**
 * An answer, be it to a page or to the extension, sets cookies.
 *
 * @param {string} url
 * @param {string[]} setCookies
 */
export function sawSetCookies(url, setCookies) {
  const host = parseUrl(url)?.hostname ?? "";
  const sights = setCookies.map((line) => ({ host, pair: (line.split(";", 1)[0] ?? "").trim(), at: Date.now() }));
  answered = [...young(answered), ...sights];
}

/**
 * @param {any} change  of `cookies.onChanged`
 */
export function sawCookie({ removed, cookie }) {
  if (removed || !cookie.httpOnly || !cookie.secure) return;
  const host = cookie.domain.replace(/^\./, "");
  appeared = [...young(appeared), { host, pair: `${cookie.name}=${cookie.value}`, at: Date.now() }];
}

/**
 * @param {string} origin
 * @param {number} since
 * @returns {boolean} whether since then a cookie has appeared there that only the browser itself can have fetched
 */
export function browserRegistered(origin, since) {
  const { hostname } = new URL(origin);
  return appeared.some(
    ({ host, pair, at }) =>
      at >= since - AHEAD_MS &&
      isWithin(hostname, host) &&
      !answered.some((line) => line.pair === pair && isWithin(line.host, host)),
  );
}

/**
 * @param {string} host
 * @param {string} domain
 */
function isWithin(host, domain) {
  return host === domain || host.endsWith(`.${domain}`);
}

/**
 * @param {Sight[]} entries
 */
function young(entries) {
  const oldest = Date.now() - KEPT_MS;
  return entries.filter(({ at }) => at > oldest);
}
