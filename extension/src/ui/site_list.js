// @ts-check
import { byId } from "./dom.js";
import { siteCard } from "./site_card.js";

/** @typedef {import("./ask.js").SiteStatus} SiteStatus */

/**
 * Show every site anew. What was focused and what was opened stays so; where a site went, the list's heading has the focus.
 *
 * @param {SiteStatus[]} sites
 * @param {import("./site_card.js").Acts} acts
 * @param {number} now milliseconds since the Unix epoch
 */
export function showSites(sites, acts, now) {
  const list = byId("sites", HTMLElement);
  const [focused, open] = [focusedMark(list), openMarks(list)];
  list.replaceChildren(...sites.map((site) => siteCard(site, acts, now)));
  list.removeAttribute("aria-busy");
  list.hidden = sites.length === 0;
  for (const mark of open) marked(list, mark)?.setAttribute("open", "");
  if (focused === null) return;
  (marked(list, focused) ?? byId("sites-heading", HTMLElement)).focus();
}

/** @param {HTMLElement} list */
function focusedMark(list) {
  const { activeElement: at } = document;
  if (!(at instanceof HTMLElement) || !list.contains(at)) return null;
  return at.closest("[data-mark]")?.getAttribute("data-mark") ?? "";
}

/** @param {HTMLElement} list */
function openMarks(list) {
  return [...list.querySelectorAll("details[open]")].map((each) => each.getAttribute("data-mark") ?? "");
}

/**
 * @param {HTMLElement} list
 * @param {string} mark
 * @returns {HTMLElement | null}
 */
function marked(list, mark) {
  const found = [...list.querySelectorAll("[data-mark]")].find((each) => each.getAttribute("data-mark") === mark);
  return found instanceof HTMLElement ? found : null;
}
