// @ts-check
// Session instructions read as Chromium reads them (DBSC §9.2 to §9.5; Chromium `session_json_utils`). A member of the
// wrong type counts as missing where there is a default for it, and is an error where there is none.
import { demand } from "./errors.js";

/** @typedef {import("./types.js").Rule} Rule */
/** @typedef {Record<string, unknown>} Members */

/**
 * Instructions whose members have usable types; empty texts stand for absent ones.
 *
 * @typedef {{sessionId: string, refreshUrl: string, origin: string, includeSite: boolean, rules: Rule[],
 *   credentials: {name: string, attributes: string}[], initiators: string[]}} Document
 */

const MAX_DEPTH = 5;

/**
 * @param {string} text a response's body; a byte-order mark before it is tolerated
 * @returns {Members | null} null where Chromium finds no JSON object in it
 */
export function parseObject(text) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return null;
  }
  return isObject(value) && !isDeeper(value, MAX_DEPTH) ? value : null;
}

/**
 * @param {Members} members
 * @param {string | null} currentId the session that was refreshed, null at a registration
 * @returns {Document}
 * @throws {import("./errors.js").InstructionsError}
 */
export function readDocument(members, currentId) {
  const sessionId = text(members, "session_identifier");
  demand(sessionId, "InvalidSessionId");
  demand(currentId === null || currentId === sessionId, "MismatchedSessionId");
  demand(members["continue"] !== false, "ServerRequestedTermination");
  const scope = members["scope"];
  demand(isObject(scope), "MissingScope");
  const includeSite = scope["include_site"];
  demand(typeof includeSite === "boolean", "MissingScopeIncludeSite");
  return {
    sessionId,
    includeSite,
    origin: text(scope, "origin"),
    rules: list(scope["scope_specification"]).map(rule),
    credentials: credentials(members["credentials"]),
    initiators: list(members["allowed_refresh_initiators"]).map(initiator),
    refreshUrl: text(members, "refresh_url"),
  };
}

/**
 * @param {unknown} entry
 * @returns {Rule}
 */
function rule(entry) {
  demand(isObject(entry), "InvalidScopeSpecification");
  const type = entry["type"];
  demand(typeof type === "string", "MissingScopeSpecificationType");
  demand(entry["domain"] !== "", "EmptyScopeSpecificationDomain");
  demand(entry["path"] !== "", "EmptyScopeSpecificationPath");
  demand(type === "include" || type === "exclude", "InvalidScopeSpecificationType");
  return { type, domain: text(entry, "domain") || "*", path: text(entry, "path") || "/" };
}

/**
 * @param {unknown} entries
 * @returns {{name: string, attributes: string}[]}
 */
function credentials(entries) {
  demand(Array.isArray(entries) && entries.length > 0, "NoCredentials");
  return entries.map((entry) => {
    demand(isObject(entry), "InvalidCredentialsConfig");
    demand(entry["type"] === "cookie", "InvalidCredentialsType");
    demand(text(entry, "name"), "InvalidCredentialsEmptyName");
    return { name: text(entry, "name"), attributes: text(entry, "attributes") };
  });
}

/**
 * @param {unknown} entry
 * @returns {string}
 */
function initiator(entry) {
  demand(typeof entry === "string", "RefreshInitiatorNotString");
  return entry;
}

/**
 * @param {unknown} value
 * @returns {value is Members}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @returns {unknown[]}
 */
function list(value) {
  return Array.isArray(value) ? value : [];
}

/**
 * @param {Members} members
 * @param {string} name
 * @returns {string}
 */
function text(members, name) {
  const value = members[name];
  return typeof value === "string" ? value : "";
}

/**
 * @param {unknown} value
 * @param {number} limit
 * @returns {boolean} whether objects and arrays are nested deeper than that
 */
function isDeeper(value, limit) {
  if (typeof value !== "object" || value === null) return false;
  return limit === 0 || Object.values(value).some((child) => isDeeper(child, limit - 1));
}
