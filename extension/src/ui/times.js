// @ts-check

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1_000]];

/**
 * A moment as a clock shows it: the time alone today, with the date otherwise.
 *
 * @param {number} at milliseconds since the Unix epoch
 * @param {number} now the same
 * @param {string} locale
 * @param {string} [timeZone] default: the browser's own
 * @returns {string} such as "14:05" or "3 Nov 2026, 14:05"
 */
export function clockTime(at, now, locale, timeZone) {
  const zone = timeZone ? { timeZone } : {};
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "short", ...zone });
  const date = day.format(at) === day.format(now) ? {} : { dateStyle: /** @type {const} */ ("medium") };
  return new Intl.DateTimeFormat(locale, { ...date, timeStyle: "short", ...zone }).format(at);
}

/**
 * How far away a moment is, in its largest whole unit.
 *
 * @param {number} at milliseconds since the Unix epoch
 * @param {number} now the same
 * @param {string} locale
 * @returns {string} such as "in 3 min.", "2 days ago", "now"
 */
export function relativeTime(at, now, locale) {
  const away = at - now;
  const [unit, length] = UNITS.find(([, each]) => Math.abs(away) >= each) ?? ["second", 1_000];
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" }).format(Math.trunc(away / length), unit);
}
