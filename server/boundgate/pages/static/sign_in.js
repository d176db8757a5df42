// @ts-check
import { exclusive } from "./busy.js";
import { ceremonyMessage } from "./ceremony_text.js";
import { byId, setField } from "./dom.js";
import { postJson } from "./http.js";
import { leaveFor } from "./leaving.js";
import { openForm } from "./passkey_form.js";
import { getAssertion } from "./webauthn.js";

// Below the life of the server's challenge (300 s), so that a suggestion left open does not answer a dead one.
const SUGGESTION_LIFE_MS = 240_000;

const form = byId("sign-in", HTMLFormElement);
const button = byId("sign-in-button", HTMLButtonElement);
const user = byId("user", HTMLInputElement);
const status = byId("status", HTMLElement);

/** @type {{controller: AbortController, since: number} | null} */
let suggestion = null;

start();

function start() {
  if (!openForm(signIn)) return;
  user.addEventListener("focus", () => void suggest());
  for (const other of document.querySelectorAll("button[data-provider]")) {
    if (other instanceof HTMLButtonElement) wireProvider(other);
  }
}

/** @param {HTMLButtonElement} other */
function wireProvider(other) {
  other.disabled = false;
  other.addEventListener("click", () => void exclusive(other, () => leave(other)));
}

/**
 * @param {HTMLButtonElement} other
 * @returns {Promise<"leaving" | void>}
 */
async function leave(other) {
  suggestion?.controller.abort();
  suggestion = null;
  status.textContent = "Going to the provider…";
  const next = form.querySelector('input[name="next"]');
  const target = next instanceof HTMLInputElement ? { next: next.value } : {};
  try {
    await leaveFor("/sign-in/outside/start", { provider: other.dataset["provider"] ?? "", ...target });
    return "leaving";
  } catch (error) {
    status.textContent = ceremonyMessage(error);
    return undefined;
  }
}

/** @returns {Promise<"leaving" | void>} */
async function signIn() {
  suggestion?.controller.abort();
  suggestion = null;
  status.textContent = "Waiting for your passkey…";
  try {
    const { publicKey } = await postJson("/sign-in/options", {});
    submit(await getAssertion(publicKey));
    return "leaving";
  } catch (error) {
    status.textContent = ceremonyMessage(error);
    return undefined;
  }
}

/** Let the browser list its passkeys under the field. Started by focus only; one at a time. */
async function suggest() {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  if (button.hasAttribute("data-busy")) return;
  if (suggestion && performance.now() - suggestion.since < SUGGESTION_LIFE_MS) return;
  suggestion?.controller.abort();
  const mine = { controller: new AbortController(), since: performance.now() };
  suggestion = mine;
  try {
    const { signal } = mine.controller;
    const { publicKey } = await postJson("/sign-in/options", {}, signal);
    submit(await getAssertion(publicKey, { signal, mediation: "conditional" }));
  } catch (error) {
    if (suggestion === mine) {
      suggestion = null;
      status.textContent = ceremonyMessage(error);
    }
  }
}

/**
 * A native submission: the answer carries the offer to bind a key, and page script must not be able to read it.
 *
 * @param {string} credential
 */
function submit(credential) {
  status.textContent = "Signing in…";
  setField(form, "credential", credential);
  form.submit();
}
