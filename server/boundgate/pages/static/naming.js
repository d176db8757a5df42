// @ts-check
import { describeAgent } from "./agent.js";

/**
 * A name to start from for a passkey made here.
 *
 * @param {string} userAgent
 * @returns {string} such as "Chrome on Windows"
 */
export function suggestedName(userAgent) {
  const { browser, system } = describeAgent(userAgent);
  if (browser && system) return `${browser} on ${system}`;
  return browser || system || "This device";
}
