// @ts-check
// A credential's attributes, read like those of a `Set-Cookie` line (DBSC §9.5; RFC 6265bis §5.6, §5.7).
import { demand } from "./errors.js";
import { canonicalHost, isAddress, registrableDomain } from "./site.js";

/** @typedef {import("./types.js").Credential} Credential */
/** @typedef {import("./types.js").SameSite} SameSite */

const PERMITTED = new Set(["domain", "path", "secure", "httponly", "samesite"]);
const MAX_NAME_OCTETS = 4096;
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

/**
 * @param {{name: string, attributes: string}} entry
 * @param {URL} serving the URL that answered with the instructions
 * @returns {Credential}
 * @throws {import("./errors.js").InstructionsError}
 */
export function readCredential(entry, serving) {
  demand(!/[\x00-\x1f\x7f;=]/.test(entry.name), "InvalidCredentialsCookieName");
  const octets = new TextEncoder().encode(entry.name).length;
  demand(!CONTROL.test(entry.attributes) && octets < MAX_NAME_OCTETS, "InvalidCredentialsCookieParsing");
  const attributes = readAttributes(entry.attributes);
  demand([...attributes.keys()].every((name) => PERMITTED.has(name)), "InvalidCredentialsCookieUnpermittedAttribute");
  const domain = readDomain(attributes.get("domain") ?? "", serving.hostname);
  demand(domain !== undefined, "InvalidCredentialsCookieInvalidDomain");
  const credential = {
    name: trim(entry.name),
    host: serving.hostname,
    attributes: {
      domain,
      path: readPath(attributes.get("path") ?? "", serving.pathname),
      secure: attributes.has("secure"),
      httpOnly: attributes.has("httponly"),
      sameSite: readSameSite(attributes.get("samesite")),
    },
  };
  demand(keepsPrefix(credential, attributes, serving), "InvalidCredentialsCookiePrefix");
  const joined = credential.name.toLowerCase().startsWith("__host-http-");
  demand(!joined || isAddress(serving.hostname), "InvalidCredentialsCookie");
  return credential;
}

/**
 * @param {Credential} credential
 * @returns {boolean} false for `SameSite=None` without Secure, which no browser stores (RFC 6265bis §5.7 step 17)
 */
export function isStorable({ attributes }) {
  return attributes.secure || attributes.sameSite !== "none";
}

/**
 * @param {string} text
 * @returns {Map<string, string>} the last of equal names, in lower case
 */
function readAttributes(text) {
  const found = new Map();
  for (const part of text.split(";").map(trim).filter((each) => each !== "" && each !== "=")) {
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    found.set(trim(name).toLowerCase(), equals < 0 ? "" : trim(part.slice(equals + 1)));
  }
  return found;
}

/**
 * @param {string} attribute
 * @param {string} host
 * @returns {string | null | undefined} null for a cookie of the host alone, undefined for a foreign domain
 */
function readDomain(attribute, host) {
  if (attribute === "" || (isAddress(host) && attribute === host)) return null;
  const ascii = /^[\x00-\x7f]*$/.test(attribute);
  const wanted = ascii ? canonicalHost(attribute.replace(/^\./, "")) : null;
  if (wanted === null || isAddress(wanted)) return undefined;
  const domain = registrableDomain(host);
  // A public suffix, localhost: only its own name, and then for the host alone.
  if (domain === null) return wanted === host ? null : undefined;
  const inside = host === wanted || host.endsWith(`.${wanted}`);
  return inside && registrableDomain(wanted) === domain ? wanted : undefined;
}

/**
 * @param {string} attribute
 * @param {string} servingPath
 * @returns {string}
 */
function readPath(attribute, servingPath) {
  if (attribute.startsWith("/")) return attribute;
  // RFC 6265 §5.1.4: the directory of the URL's path.
  return servingPath.slice(0, servingPath.lastIndexOf("/")) || "/";
}

/**
 * @param {string | undefined} value
 * @returns {SameSite}
 */
function readSameSite(value) {
  const name = value?.toLowerCase();
  return name === "strict" || name === "lax" || name === "none" ? name : "unspecified";
}

/**
 * Whether the name's prefix, if any, has what it demands (RFC 6265bis §4.1.3); the prefix in any case of letters.
 *
 * @param {Credential} credential
 * @param {Map<string, string>} written
 * @param {URL} serving
 * @returns {boolean}
 */
function keepsPrefix({ name, attributes }, written, serving) {
  const secure = attributes.secure && serving.protocol === "https:";
  if (/^__(?:secure|host|http)-/i.test(name) && !secure) return false;
  if (/^__(?:host-)?http-/i.test(name) && !attributes.httpOnly) return false;
  if (!/^__host-/i.test(name)) return true;
  const domain = written.get("domain") ?? "";
  const own = domain === "" || (isAddress(serving.hostname) && domain === serving.hostname);
  return written.get("path") === "/" && own;
}

/**
 * @param {string} text
 * @returns {string}
 */
function trim(text) {
  return text.replace(/^[ \t]+|[ \t]+$/g, "");
}
