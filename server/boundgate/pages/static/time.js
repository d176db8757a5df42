// @ts-check

/**
 * A moment in the reader's own time zone.
 *
 * @param {number} milliseconds since the Unix epoch
 * @param {{locale?: string, timeZone?: string}} [where] default: the browser's own
 * @returns {string} such as "3 Nov 2026, 18:05"
 */
export function localTime(milliseconds, where = {}) {
  const { locale, ...zone } = where;
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", ...zone }).format(milliseconds);
}

/**
 * The time of day, to the second.
 *
 * @param {number} milliseconds since the Unix epoch
 * @param {{locale?: string, timeZone?: string}} [where]
 * @returns {string}
 */
export function clockTime(milliseconds, where = {}) {
  const { locale, ...zone } = where;
  return new Intl.DateTimeFormat(locale, { timeStyle: "medium", ...zone }).format(milliseconds);
}

/**
 * Show every <time datetime> below `root` in local time. What cannot be read keeps the server's UTC text.
 *
 * @param {ParentNode} root
 */
export function localiseTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const written = element.getAttribute("datetime") ?? "";
    const moment = Date.parse(written);
    if (Number.isNaN(moment)) continue;
    element.setAttribute("title", written);
    element.textContent = localTime(moment);
  }
}
