// @ts-check
import { byId } from "./dom.js";

/**
 * Say something in the page's one general status line; an empty text clears it.
 *
 * @param {string} text
 */
export function toast(text) {
  byId("toast", HTMLElement).textContent = text;
}
