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
 * Put a value into a hidden field of a form.
 *
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string} value
 */
export function setField(form, name, value) {
  const field = form.elements.namedItem(name);
  if (!(field instanceof HTMLInputElement)) throw new Error(`the form lacks ${name}`);
  field.value = value;
}

/**
 * Fill a notice with a title, a sentence and perhaps a link, and show it. Text only, never markup.
 *
 * @param {HTMLElement} box
 * @param {{title: string, text: string, action: {label: string, href: string} | null}} said
 */
export function showNotice(box, said) {
  const title = document.createElement("strong");
  title.textContent = said.title;
  const text = document.createElement("span");
  text.textContent = said.text;
  box.replaceChildren(title, " ", text);
  if (said.action) box.append(" ", link(said.action));
  box.hidden = false;
}

/**
 * @param {{label: string, href: string}} action one of our own paths, never text from outside
 * @returns {HTMLAnchorElement}
 */
export function link(action) {
  const anchor = document.createElement("a");
  anchor.href = action.href;
  anchor.textContent = action.label;
  return anchor;
}
