// @ts-check
// Session instructions, accepted or refused as Chromium 156 does. What needs another request is in well_known.js.
import { isStorable, readCredential } from "./credential.js";
import { parseObject, readDocument } from "./document.js";
import { demand, InstructionsError } from "./errors.js";
import { isPattern, patternMismatch } from "./hosts.js";
import { isSameSite, parseUrl, registrableDomain, resolveEndpoint, schemefulSite } from "./site.js";

export { InstructionsError };
export { needsWellKnown, wellKnownProblem } from "./well_known.js";

/** @typedef {import("./types.js").Instructions} Instructions */
/** @typedef {import("./types.js").Credential} Credential */
/** @typedef {import("./document.js").Document} Document */

/**
 * Read the body of an answer to a registration or a refresh (DBSC §9.2).
 *
 * @param {string} text
 * @param {{servingUrl: string, registering: boolean, currentId: string | null}} context the URL that answered, after
 *   redirects; on a refresh, the session's identifier
 * @returns {Instructions | null} null for an empty text at a refresh: nothing changes
 * @throws {InstructionsError} with Chromium's name for it; `continue: false` is `ServerRequestedTermination`
 */
export function readInstructions(text, { servingUrl, registering, currentId }) {
  if (text === "" && !registering) return null;
  demand(text !== "", "EmptySessionConfig");
  const members = parseObject(text);
  demand(members, "InvalidConfigJson");
  const document = readDocument(members, registering ? null : currentId);
  const serving = parseUrl(servingUrl);
  demand(serving, "InvalidFetcherUrl");
  const origin = readOrigin(document, serving);
  const refreshUrl = readRefreshUrl(document, serving);
  checkRules(document, origin);
  const credentials = readCredentials(document, serving);
  demand(document.initiators.every(isPattern), "RefreshInitiatorInvalidHostPattern");
  // At least one cookie that the answer could set (DBSC §9.2, Chromium's BoundCookieSetForbidden).
  demand(credentials.some(isStorable), "BoundCookieSetForbidden");
  return {
    sessionId: document.sessionId,
    refreshUrl,
    scope: { origin: origin.origin, includeSite: document.includeSite, rules: document.rules },
    credentials,
    allowedRefreshInitiators: document.initiators,
  };
}

/**
 * @param {Document} document
 * @param {URL} serving
 * @returns {URL}
 */
function readOrigin({ origin: text, includeSite }, serving) {
  const origin = text === "" ? parseUrl(serving.origin) : parseUrl(text);
  const scheme = origin?.protocol ?? "";
  demand(origin && /^(?:https?|wss?|ftp):$/.test(scheme), "InvalidScopeOrigin");
  demand(text === "" || (origin.pathname === "/" && !text.trim().endsWith("/")), "ScopeOriginContainsPath");
  const web = scheme === "https:" || scheme === "http:";
  demand(web && isSameSite(origin.href, serving.href), "ScopeOriginSameSiteMismatch");
  demand(includeSite || origin.origin === serving.origin, "CrossOriginRegistrationSiteNotIncluded");
  return origin;
}

/**
 * @param {Document} document
 * @param {URL} serving
 * @returns {string}
 */
function readRefreshUrl({ refreshUrl }, serving) {
  const url = resolveEndpoint(refreshUrl, serving.href);
  demand(url, "InvalidRefreshUrl");
  demand(schemefulSite(url.href) === schemefulSite(serving.href), "RefreshUrlSameSiteMismatch");
  return url.href;
}

/**
 * @param {Document} document
 * @param {URL} origin
 */
function checkRules({ includeSite, rules }, origin) {
  // DBSC §9.3: a session of the site belongs to the registrable domain itself.
  demand(!includeSite || registrableDomain(origin.hostname) === origin.hostname, "InvalidScopeIncludeSite");
  for (const { domain, path } of rules) {
    demand(path.startsWith("/"), "InvalidScopeRulePath");
    const mismatch = patternMismatch(domain, origin.hostname, includeSite);
    demand(mismatch === null, mismatch ?? "");
  }
}

/**
 * @param {Document} document
 * @param {URL} serving
 * @returns {Credential[]}
 */
function readCredentials({ credentials }, serving) {
  return credentials.map((entry) => readCredential(entry, serving));
}
