// @ts-check
import { exclusive } from "./busy.js";
import { byId } from "./dom.js";
import { passkeysUnavailable } from "./webauthn.js";

/**
 * Let the sign-in form be used, where passkeys can be.
 *
 * @param {() => Promise<"leaving" | void>} signIn
 * @returns {boolean} whether they can; where not, the page says why
 */
export function openForm(signIn) {
  const reason = passkeysUnavailable();
  if (reason) {
    byId("status", HTMLElement).textContent = reason;
    return false;
  }
  const button = byId("sign-in-button", HTMLButtonElement);
  button.disabled = false;
  byId("sign-in", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    void exclusive(button, signIn);
  });
  return true;
}
