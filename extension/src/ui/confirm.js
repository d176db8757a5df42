// @ts-check
import { byId } from "./dom.js";
import { t } from "./i18n.js";

/**
 * Ask before something that cannot be undone.
 *
 * @param {{question: string, cost: string, act: string}} words what is asked, what it costs, and the act's name; shown as
 *   they are
 * @returns {Promise<boolean>} false where the dialog was left by any other way
 */
export function confirmed({ question, cost, act }) {
  const dialog = byId("confirm", HTMLDialogElement);
  byId("confirm-question", HTMLElement).textContent = question;
  byId("confirm-cost", HTMLElement).textContent = cost;
  byId("confirm-yes", HTMLButtonElement).textContent = act;
  byId("confirm-no", HTMLButtonElement).textContent = t("cancel");
  byId("confirm-no", HTMLButtonElement).onclick = () => dialog.close("");
  byId("confirm-yes", HTMLButtonElement).onclick = () => dialog.close("yes");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
