// @ts-check
// Which requests a session cares for, and who may make the client refresh for them (DBSC §8.6, §8.7), as Chromium's
// `session_inclusion_rules` decides it.
import { matchesPattern, patternMismatch } from "./hosts.js";
import { isSameSite, parseUrl } from "./site.js";

/** @typedef {import("./types.js").Instructions} Instructions */
/** @typedef {import("./types.js").Rule} Rule */

/**
 * Whether a request is in scope: origin or site first, then the rules from the last to the first, the first that matches
 * deciding, and inclusion where none does. The refresh URL's path and what lies below it are excluded before all of them.
 *
 * @param {Instructions} instructions
 * @param {string} url absolute; WebSocket handshakes count as https
 * @returns {boolean}
 */
export function inScope(instructions, url) {
  const asked = parseUrl(url.replace(/^wss:/i, "https:"));
  if (asked === null || !covers(instructions, asked)) return false;
  const lastFirst = [...instructions.scope.rules, ...refreshRule(instructions)].reverse();
  const decisive = lastFirst.find(
    (rule) => matchesPattern(rule.domain, asked.hostname) && isUnder(asked.pathname, rule.path),
  );
  return decisive?.type !== "exclude";
}

/**
 * Whether requests that an origin started make the client refresh.
 *
 * @param {Instructions} instructions
 * @param {string | null} initiatorOrigin null for the browser itself, such as its address bar; `"null"`, a sandboxed
 *   frame's, never does
 * @returns {boolean}
 */
export function mayInitiate(instructions, initiatorOrigin) {
  if (initiatorOrigin === null) return true;
  const initiator = parseUrl(initiatorOrigin);
  if (initiator === null || !/^https?:$/.test(initiator.protocol)) return false;
  if (covers(instructions, initiator)) return true;
  return instructions.allowedRefreshInitiators.some((pattern) => matchesPattern(pattern, initiator.hostname));
}

/**
 * @param {string} path
 * @param {string} prefix
 * @returns {boolean} whether the path is the prefix or lies below it: `/dbsc` covers `/dbsc/x` and not `/dbscx`
 */
export function isUnder(path, prefix) {
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length || prefix.endsWith("/") || path[prefix.length] === "/";
}

/**
 * @param {Instructions} instructions
 * @param {URL} url
 * @returns {boolean}
 */
function covers({ scope }, url) {
  return scope.includeSite ? isSameSite(url.href, scope.origin) : url.origin === scope.origin;
}

/**
 * @param {Instructions} instructions
 * @returns {Rule[]} the rule that Chromium adds as the last one; none where it would not be a valid one
 */
function refreshRule({ scope, refreshUrl }) {
  const [refresh, origin] = [parseUrl(refreshUrl), parseUrl(scope.origin)];
  if (refresh === null || origin === null) return [];
  if (patternMismatch(refresh.hostname, origin.hostname, scope.includeSite) !== null) return [];
  return [{ type: "exclude", domain: refresh.hostname, path: refresh.pathname }];
}
