// @ts-check
// Host patterns as Chromium compares them (DBSC §8.6; Chromium `host_patterns`).
import { isAddress, registrableDomain } from "./site.js";

/**
 * @param {string} pattern
 * @returns {boolean} whether it is `*`, or a host with or without `*.` before it
 */
export function isPattern(pattern) {
  return pattern === "*" || (pattern !== "" && !pattern.replace(/^\*\./, "").includes("*"));
}

/**
 * @param {string} pattern `*` for all, `*.example.com` for what lies below it and not itself, else the very host
 * @param {string} host a canonical one
 * @returns {boolean}
 */
export function matchesPattern(pattern, host) {
  if (pattern === "*" || pattern === host) return true;
  return pattern.startsWith("*.") && host.endsWith(pattern.slice(1)) && !isAddress(host);
}

/**
 * @param {string} pattern of a rule
 * @param {string} host of the scope's origin
 * @param {boolean} includeSite
 * @returns {string | null} Chromium's name for what is wrong with it, null where nothing is
 */
export function patternMismatch(pattern, host, includeSite) {
  if (!isPattern(pattern)) return "InvalidScopeRuleHostPattern";
  if (matchesPattern(pattern, host)) return null;
  if (!includeSite) return "ScopeRuleOriginScopedHostPatternMismatch";
  const same = registrableDomain(pattern.replace(/^\*\./, "")) === registrableDomain(host);
  return same ? null : "ScopeRuleSiteScopedHostPatternMismatch";
}
