// @ts-check
import { api, OWN_ORIGIN } from "./api.js";

/**
 * Who sent a message.
 *
 * @param {any} sender  as the browser describes it
 * @returns {import("../client/verbs.js").Sender | null} null for anybody who is not to be answered
 */
export function senderOf({ id, url, origin, tab }) {
  if (id !== api.runtime.id || typeof url !== "string") return null;
  // Older versions do not tell the origin.
  const from = origin ?? new URL(url).origin;
  if (url.startsWith(`${OWN_ORIGIN}/`)) return { own: true };
  if (!tab || tab.incognito || from === "null" || new URL(url).origin !== from) return null;
  return { own: false, origin: from };
}
