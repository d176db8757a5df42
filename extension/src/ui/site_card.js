// @ts-check
import { make, onPress } from "./dom.js";
import { row, scopeRow, thumbprintRow, timeRows } from "./facts.js";
import { t } from "./i18n.js";
import { showNote } from "./note.js";
import { describe, switchOf } from "./status_text.js";

/** @typedef {import("./ask.js").SiteStatus} SiteStatus */
/** @typedef {import("./ask.js").Session} Session */

/**
 * @typedef {{
 *   renew: (site: SiteStatus) => Promise<unknown>, remove: (site: SiteStatus) => Promise<unknown>,
 *   switchOn: (site: SiteStatus) => Promise<unknown>,
 *   forget: (site: SiteStatus, sessionId: string) => Promise<unknown>,
 * }} Acts
 */

/**
 * One site with its keys and what can be done about them.
 *
 * @param {SiteStatus} site
 * @param {Acts} acts
 * @param {number} now milliseconds since the Unix epoch
 * @returns {HTMLElement}
 */
export function siteCard(site, acts, now) {
  const said = describe(site);
  const icon = make("img", "site-icon");
  Object.assign(icon, { src: `../../icons/${said.icon}.svg`, alt: "", width: 28, height: 28 });
  const words = make("div", "site-words", make("h3", "", site.host), make("p", "site-state", t(said.head)));
  const note = make("p", "hint note");
  showNote(note, site.note, now);
  const card = make("li", "card site", make("div", "site-head", icon, words));
  card.dataset["look"] = said.look;
  card.append(make("p", "site-meaning", t(said.meaning)));
  card.append(...site.sessions.map((session) => keyBlock(site, session, acts, now)), note, siteActs(site, acts));
  return card;
}

/**
 * @param {SiteStatus} site
 * @param {Session} session
 * @param {Acts} acts
 * @param {number} now
 */
function keyBlock(site, session, acts, now) {
  const facts = make("dl", "facts", row("fact_key", t("fact_key_software")), ...timeRows(session, now));
  const print = thumbprintRow(session.thumbprint);
  print.querySelector("details")?.setAttribute("data-mark", `thumbprint ${site.origin} ${session.id}`);
  facts.append(scopeRow(session.scope), print);
  const forget = button("forget", "danger", site, () => acts.forget(site, session.id));
  forget.dataset["mark"] += ` ${session.id}`;
  return make("div", "key", facts, forget);
}

/**
 * @param {SiteStatus} site
 * @param {Acts} acts
 */
function siteActs(site, acts) {
  const line = make("div", "acts");
  if (!switchOf(site).on) line.append(button("switch_on", "primary", site, () => acts.switchOn(site)));
  if (site.sessions.length > 0) line.append(button("renew", "secondary", site, () => acts.renew(site)));
  if (site.enabled) line.append(button("remove", "danger", site, () => acts.remove(site)));
  return line;
}

/**
 * @param {string} act names its text
 * @param {string} kind
 * @param {SiteStatus} site
 * @param {() => Promise<unknown>} task
 */
function button(act, kind, { origin, host }, task) {
  const element = make("button", `button ${kind}`, t(act));
  element.type = "button";
  element.ariaLabel = t("named", t(act), host);
  element.dataset["mark"] = `${act} ${origin}`;
  onPress(element, task);
  return element;
}
