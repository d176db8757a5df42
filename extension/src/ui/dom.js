// @ts-check

/**
 * The element with this id, checked to be of this class.
 *
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page lacks #${id}`);
  return found;
}

/**
 * A new element with text and elements in it; never markup.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {...(string | Node)} inside
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, className, ...inside) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...inside);
  return element;
}

/**
 * A button that does one thing at a time: while the task runs it is busy, and further presses are not heard.
 *
 * @param {HTMLButtonElement} button
 * @param {() => Promise<unknown>} task called in the press itself, so that it may ask for permissions
 */
export function onPress(button, task) {
  button.addEventListener("click", () => {
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    void task().finally(() => (button.ariaBusy = "false"));
  });
}
