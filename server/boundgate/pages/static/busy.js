// @ts-check

/** @type {Set<HTMLElement>} */
const working = new Set();

/**
 * Run a task for a button, unless one is running for it already. The button keeps the focus and its name; it is
 * marked busy until the task settles, or for good where the task returns "leaving" (a form was submitted).
 *
 * @param {HTMLElement} button
 * @param {() => Promise<"leaving" | void>} task
 * @returns {Promise<void>}
 */
export async function exclusive(button, task) {
  if (working.has(button)) return;
  mark(button, true);
  let outcome;
  try {
    outcome = await task();
  } finally {
    if (outcome !== "leaving") mark(button, false);
  }
}

/**
 * @param {HTMLElement} button
 * @param {boolean} on
 */
function mark(button, on) {
  if (on) working.add(button);
  else working.delete(button);
  button.toggleAttribute("data-busy", on);
  if (on) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}

// A page that comes back from the back-forward cache was left in the middle of a task.
globalThis.addEventListener?.("pageshow", (event) => {
  if (event.persisted) for (const button of [...working]) mark(button, false);
});
