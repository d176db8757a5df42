// @ts-check
import { agentText } from "./agent.js";
import { exclusive } from "./busy.js";
import { ceremonyMessage } from "./ceremony_text.js";
import { confirmAct } from "./confirm.js";
import { byId } from "./dom.js";
import { reloadSaying, showFlash } from "./flash.js";
import { postJson } from "./http.js";
import { suggestedName } from "./naming.js";
import { linkOutside, startLink, unlinkOutside } from "./outside.js";
import { addProgram, endAccess, removeProgram } from "./programs.js";
import { localiseTimes } from "./time.js";
import { toast } from "./toast.js";
import { acceptTpm, forgetTpm } from "./tpms.js";
import { createPasskey, passkeysUnavailable } from "./webauthn.js";

const addForm = byId("add-passkey", HTMLFormElement);
const newName = byId("new-passkey", HTMLInputElement);
const programForm = byId("add-program", HTMLFormElement);

/** @type {Record<string, (data: DOMStringMap) => Promise<void>>} */
const TASKS = {
  "passkey.remove": removePasskey,
  "session.end": endSession,
  "client.remove": removeProgram,
  "authorization.end": endAccess,
  "outside.start": startLink,
  "outside.link": linkOutside,
  "outside.remove": unlinkOutside,
  "tpm.accept": acceptTpm,
  "tpm.forget": forgetTpm,
};

start();

function start() {
  localiseTimes(document);
  for (const element of document.querySelectorAll("[data-agent]")) shortenAgent(element);
  showFlash();
  const reason = passkeysUnavailable();
  if (reason) {
    toast(reason);
    return;
  }
  newName.value ||= suggestedName(navigator.userAgent);
  for (const button of document.querySelectorAll("button[data-act]")) {
    if (button instanceof HTMLButtonElement) wireAct(button);
  }
  wireForm(addForm, addPasskey);
  wireForm(programForm, () => addProgram(programForm));
}

/**
 * @param {HTMLFormElement} form
 * @param {() => Promise<void>} task
 */
function wireForm(form, task) {
  const button = form.querySelector("button");
  if (!button) return;
  button.disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void exclusive(button, () => attempt(task));
  });
}

/** @param {Element} element */
function shortenAgent(element) {
  const full = element.textContent ?? "";
  element.setAttribute("title", full);
  element.textContent = agentText(full);
}

/** @param {HTMLButtonElement} button */
function wireAct(button) {
  if (button.hasAttribute("data-locked")) return;
  const task = TASKS[button.dataset["act"] ?? ""];
  if (!task) return;
  button.disabled = false;
  button.addEventListener("click", () => void exclusive(button, () => attempt(() => task(button.dataset))));
}

/**
 * Run an act to its end; say so calmly where it did not get there.
 *
 * @param {() => Promise<void>} act
 * @returns {Promise<"leaving" | void>}
 */
async function attempt(act) {
  try {
    await act();
    return "leaving";
  } catch (error) {
    return toast(ceremonyMessage(error));
  }
}

async function addPasskey() {
  toast("First confirm with a passkey that you have; then the new one is created.");
  const confirmation = await confirmAct("passkey.add", null);
  const { publicKey } = await postJson("/account/passkeys/options", { credential: confirmation });
  toast("Now create the new passkey.");
  const credential = await createPasskey(publicKey);
  await postJson("/account/passkeys", { credential, name: newName.value.trim() });
  reloadSaying("Passkey added.");
}

/** @param {DOMStringMap} data */
async function removePasskey({ id = "", name = "" }) {
  toast(`Confirm with your passkey to remove “${name}”.`);
  const credential = await confirmAct("passkey.remove", id);
  await postJson("/account/passkeys/remove", { id, credential });
  reloadSaying(`Passkey “${name}” removed. Delete it on your device too.`);
}

/** @param {DOMStringMap} data */
async function endSession({ id = "" }) {
  toast("Confirm with your passkey to end that session.");
  const credential = await confirmAct("session.end", id);
  await postJson("/account/sessions/end", { id, credential });
  reloadSaying("Session ended.");
}
