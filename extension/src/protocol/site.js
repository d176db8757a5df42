// @ts-check
import { getDomain } from "../vendor/tldts/index.esm.min.js";

/** @typedef {import("./types.js").Offer} Offer */

/** Chromium would not register for this offer. */
export class OfferError extends Error {}

/**
 * @param {string} text
 * @param {string} [base]
 * @returns {URL | null} null where a browser finds no URL
 */
export function parseUrl(text, base) {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}

/**
 * A host as browsers write it: lower case, ASCII, addresses in their short form.
 *
 * @param {string} text
 * @returns {string | null} null where it is no host, or more than one, such as a host with a port
 */
export function canonicalHost(text) {
  const bracketed = text.startsWith("[") && text.endsWith("]");
  if (/[\s/?#@\\%]/.test(text) || (text.includes(":") && !bracketed)) return null;
  return parseUrl(`https://${text}/`)?.hostname || null;
}

/**
 * @param {string} host a canonical one
 * @returns {boolean}
 */
export function isAddress(host) {
  // WHATWG URL §3.5: a host whose last label is a number is an IPv4 address.
  return host.startsWith("[") || /(?:^|\.)\d+$/.test(host);
}

/**
 * The public suffix of a host and one label more, the list's private section included.
 *
 * @param {string} host
 * @returns {string | null} null for addresses, `localhost`, public suffixes themselves and what is no host
 */
export function registrableDomain(host) {
  const canonical = canonicalHost(host);
  if (canonical === null || isAddress(canonical)) return null;
  const dot = canonical.endsWith(".") ? "." : "";
  const plain = dot ? canonical.slice(0, -1) : canonical;
  if (plain.split(".").includes("")) return null;
  const found = getDomain(plain, { allowPrivateDomains: true, extractHostname: false, validateHostname: false });
  return found ? found + dot : null;
}

/**
 * What two same-site URLs have in common: the scheme and the registrable domain, or the host where it has none. WebSocket
 * URLs count as those of HTTP.
 *
 * @param {string} url
 * @returns {string} such as `https://example.com`; empty for a URL that has no site
 */
export function schemefulSite(url) {
  const parsed = parseUrl(url);
  const scheme = parsed && { "https:": "https", "wss:": "https", "http:": "http", "ws:": "http" }[parsed.protocol];
  return parsed && scheme ? `${scheme}://${registrableDomain(parsed.hostname) ?? parsed.hostname}` : "";
}

/**
 * @param {string} url
 * @param {string} other
 * @returns {boolean} whether both have the same site, scheme included
 */
export function isSameSite(url, other) {
  const site = schemefulSite(url);
  return site !== "" && site === schemefulSite(other);
}

/**
 * @param {string} url
 * @returns {boolean} whether it is an https or wss URL, or one of this machine
 */
export function isSecure(url) {
  const parsed = parseUrl(url);
  if (parsed === null) return false;
  if (/^(?:https|wss):$/.test(parsed.protocol)) return true;
  return /^(?:http|ws):$/.test(parsed.protocol) && isLoopback(parsed.hostname);
}

/**
 * @param {string} host a canonical one
 * @returns {boolean}
 */
function isLoopback(host) {
  return /^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host);
}

/**
 * A URL that a server named for the client to post to, as Chromium resolves it: percent escapes of printable ASCII are
 * taken out first.
 *
 * @param {string} text absolute or relative
 * @param {string} base
 * @returns {URL | null} null where it is none, or not https, or neither http of this machine
 */
export function resolveEndpoint(text, base) {
  const written = text.replace(/%(2[1-9a-f]|[3-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  const url = parseUrl(written, base);
  return url !== null && /^https?:$/.test(url.protocol) && isSecure(url.href) ? url : null;
}

/**
 * Where to register for an offer (DBSC §8.1).
 *
 * @param {Pick<Offer, "path">} offer
 * @param {string} responseUrl the URL of the answer that carried it
 * @returns {URL}
 * @throws {OfferError} the endpoint is not https, or of another site
 */
export function resolveOffer(offer, responseUrl) {
  const url = resolveEndpoint(offer.path, responseUrl);
  if (url === null) throw new OfferError("the offer's path leads to no https URL");
  if (!isSameSite(url.href, responseUrl)) throw new OfferError("the offer's path leads to another site");
  return url;
}
