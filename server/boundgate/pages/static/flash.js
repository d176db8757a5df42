// @ts-check
import { toast } from "./toast.js";

const KEY = "boundgate.flash";

/**
 * Reload, and say this afterwards.
 *
 * @param {string} text
 */
export function reloadSaying(text) {
  sessionStorage.setItem(KEY, text);
  location.reload();
}

/** Say what the page before the reload left to say. */
export function showFlash() {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (text) toast(text);
}
