// @ts-check
import { browser } from "./browser.js";

/**
 * A text in the language of the browser, or in English.
 *
 * @param {string} key
 * @param {...(string | number)} values for its placeholders
 * @returns {string}
 */
export function t(key, ...values) {
  return browser.i18n.getMessage(key, values.map(String));
}

/**
 * What times are written in: the browser's own variant of the language that the texts are in.
 *
 * @returns {string} such as "en-GB"
 */
export function locale() {
  const [shown, whole] = [t("lang"), browser.i18n.getUILanguage()];
  return whole.split("-")[0] === shown ? whole : shown;
}

/**
 * Fill in the texts of a page: `data-t` names the content, `data-t-label` the accessible name. The page's language
 * is the one that its texts are in, whatever the browser's is.
 *
 * @param {Document} page
 */
export function localise(page) {
  page.documentElement.lang = t("lang");
  for (const element of page.querySelectorAll("[data-t]")) element.textContent = t(element.getAttribute("data-t") ?? "");
  for (const element of page.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.getAttribute("data-t-label") ?? ""));
  }
}
