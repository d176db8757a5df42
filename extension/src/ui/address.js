// @ts-check

/**
 * The site that a person means by what was typed: "ai.example.com", "https://ai.example.com/chat".
 *
 * @param {string} typed
 * @returns {{origin: string, host: string} | {problem: "add_empty" | "add_unreadable" | "add_insecure"}} a problem is
 *   named by the text that says it
 */
export function readAddress(typed) {
  const text = typed.trim();
  if (!text) return { problem: "add_empty" };
  const url = parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  if (!url || !/^[a-z0-9[]/i.test(url.hostname) || url.username || url.password) return { problem: "add_unreadable" };
  if (url.protocol !== "https:") return { problem: "add_insecure" };
  return { origin: url.origin, host: url.host };
}

/**
 * What the browser is asked for so that the extension may see a site. Match patterns know no ports in Firefox.
 *
 * @param {string} origin
 * @returns {string} such as "https://ai.example.com/*"
 */
export function pattern(origin) {
  return `https://${new URL(origin).hostname}/*`;
}

/** @param {string} text */
function parse(text) {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
