// @ts-check
import { make } from "./dom.js";
import { locale, t } from "./i18n.js";
import { moments } from "./status_text.js";
import { clockTime, relativeTime } from "./times.js";

/**
 * Facts about one key as rows of a description list.
 *
 * @param {import("./ask.js").Session} session
 * @param {number} now milliseconds since the Unix epoch
 * @returns {HTMLElement[]}
 */
export function timeRows(session, now) {
  return moments(session).map(({ label, time, absent, ahead }) =>
    row(label, time === null ? t(absent) : moment(time, now, ahead)),
  );
}

/**
 * @param {string} label names the text
 * @param {string | Node} value
 * @returns {HTMLElement}
 */
export function row(label, value) {
  return make("div", "", make("dt", "", t(label)), make("dd", "", value));
}

/**
 * A public key's thumbprint: its beginning, and all of it on demand.
 *
 * @param {string} thumbprint
 * @returns {HTMLElement}
 */
export function thumbprintRow(thumbprint) {
  const details = make("details", "thumbprint");
  details.append(make("summary", "mono", `${thumbprint.slice(0, 12)}…`), make("code", "mono", thumbprint));
  return row("fact_thumbprint", details);
}

/**
 * @param {import("./ask.js").Session["scope"]} scope
 * @returns {HTMLElement}
 */
export function scopeRow({ origin, includeSite }) {
  return row("fact_scope", t(includeSite ? "scope_site" : "scope_origin", new URL(origin).host));
}

/**
 * @param {number} time
 * @param {number} now
 * @param {boolean} ahead one that is due and not yet done is due now
 */
function moment(time, now, ahead) {
  const element = make("time", "");
  const shown = ahead ? Math.max(time, now) : time;
  element.dateTime = new Date(time).toISOString();
  element.textContent = t("time_both", clockTime(shown, now, locale()), relativeTime(shown, now, locale()));
  return element;
}
