// @ts-check
import { byId } from "./dom.js";
import { timeRows } from "./facts.js";
import { t } from "./i18n.js";
import { showNote } from "./note.js";
import { describe, newest, switchOf } from "./status_text.js";

/** @typedef {import("./ask.js").SiteStatus} SiteStatus */

/**
 * Show how a site is.
 *
 * @param {SiteStatus | null} status null where the background did not answer
 * @param {number} now milliseconds since the Unix epoch
 */
export function showStatus(status, now) {
  const said = describe(status);
  byId("glance", HTMLElement).dataset["look"] = said.look;
  byId("host", HTMLElement).textContent = status?.host ?? "";
  say("headline", said.head);
  say("key", said.key);
  say("meaning", said.meaning);
  say("limit", said.limit);
  say("renew", said.renew);
  showSwitch(status);
  showFacts(status, now);
  showNote(byId("note", HTMLElement), status?.supported ? status.note : null, now);
}

/** @param {SiteStatus | null} status */
function showSwitch(status) {
  const { on, usable } = switchOf(status);
  const toggle = byId("switch", HTMLButtonElement);
  byId("switch-row", HTMLElement).hidden = !usable;
  toggle.disabled = !usable;
  toggle.ariaChecked = String(on);
}

/**
 * @param {SiteStatus | null} status
 * @param {number} now
 */
function showFacts(status, now) {
  const facts = byId("facts", HTMLElement);
  const session = newest(status?.sessions ?? []);
  const more = byId("more", HTMLElement);
  facts.hidden = session === null;
  facts.replaceChildren(...(session ? timeRows(session, now) : []));
  more.hidden = (status?.sessions.length ?? 0) < 2;
  more.textContent = more.hidden ? "" : t("more_keys", status?.sessions.length ?? 0);
}

/**
 * Only a change is written, for only a change is worth an announcement.
 *
 * @param {string} id
 * @param {string | null} key names the text; null hides the element
 */
function say(id, key) {
  const element = byId(id, HTMLElement);
  const text = key ? t(key) : "";
  element.hidden = key === null;
  if (element.textContent !== text) element.textContent = text;
}
