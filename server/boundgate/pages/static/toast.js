// @ts-check
import { byId } from "./dom.js";

addEventListener("keydown", (event) => {
  if (event.key === "Escape") toast("");
});
document.getElementById("toast")?.addEventListener("click", () => toast(""));

/**
 * Say something in the page's one general status line; an empty text clears it, as a click on it
 * or Escape does.
 *
 * @param {string} text
 */
export function toast(text) {
  byId("toast", HTMLElement).textContent = text;
}
