// @ts-check
import { exclusive } from "./busy.js";
import { ceremonyMessage } from "./ceremony_text.js";
import { byId, setField, showNotice } from "./dom.js";
import { postJson } from "./http.js";
import { suggestedName } from "./naming.js";
import { Problem } from "./problems.js";
import { createPasskey, passkeysUnavailable } from "./webauthn.js";

// Below the life of the server's challenge (300 s).
const OPTIONS_LIFE_MS = 240_000;
const SPENT =
  "It was used, has expired, or was replaced by a newer one. Ask an operator for a new link. If you run this server " +
  "and nobody has enrolled yet, restart it: it makes a new link.";

const form = byId("enrol", HTMLFormElement);
const button = byId("enrol-button", HTMLButtonElement);
const name = byId("passkey-name", HTMLInputElement);
const person = byId("person", HTMLElement);
const status = byId("status", HTMLElement);

/** @type {{publicKey: any, since: number} | null} */
let options = null;

const token = takeToken();
// A second link opened in this tab changes the fragment only.
addEventListener("hashchange", () => location.reload());
void start();

/**
 * The link's token, taken out of the address at once: history, screenshots and copied addresses must not keep it.
 *
 * @returns {string}
 */
function takeToken() {
  const found = location.hash.slice(1);
  if (found) history.replaceState(null, "", location.pathname);
  return found;
}

async function start() {
  const reason = passkeysUnavailable();
  if (reason) return refuse("Passkeys cannot be used here.", reason);
  if (!token) {
    return refuse("Part of the link is missing.", "Open the whole link again, from where you received it.");
  }
  try {
    greet(await fetchOptions());
  } catch (error) {
    if (isPassing(error)) return refuse("The link could not be checked.", `${ceremonyMessage(error)} Then open it again.`);
    return refuse("This link cannot be used.", isSpent(error) ? SPENT : ceremonyMessage(error));
  }
  name.value ||= suggestedName(navigator.userAgent);
  button.disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void exclusive(button, enrol);
  });
}

/**
 * @param {unknown} error
 * @returns {boolean} whether the fault is not the link's
 */
function isPassing(error) {
  return error instanceof Problem && (error.status === 0 || error.status >= 500);
}

/**
 * @param {unknown} error
 * @returns {boolean} whether the link was good once, or is no link at all
 */
function isSpent(error) {
  return error instanceof Problem && error.status === 410;
}

/** @returns {Promise<any>} the server's answer; its options are kept */
async function fetchOptions() {
  const answer = await postJson("/enrol/options", { token });
  options = { publicKey: answer.publicKey, since: performance.now() };
  return answer;
}

/** @param {{user: {name: string}, purpose: string}} answer */
function greet({ user, purpose }) {
  const who = document.createElement("strong");
  who.textContent = user.name;
  if (purpose === "recover") {
    byId("heading", HTMLElement).textContent = "Recover your access";
    person.replaceChildren("For ", who, ". Your earlier passkeys and sessions were ended.");
  } else {
    person.replaceChildren("For ", who, ". It will be the way you sign in.");
  }
}

/**
 * @param {string} title
 * @param {string} text
 */
function refuse(title, text) {
  person.hidden = true;
  form.hidden = true;
  byId("aside", HTMLElement).hidden = true;
  showNotice(byId("refused", HTMLElement), { title, text, action: { label: "Sign in", href: "/" } });
}

/** @returns {Promise<"leaving" | void>} */
async function enrol() {
  status.textContent = "Waiting for your device…";
  try {
    if (!options || performance.now() - options.since > OPTIONS_LIFE_MS) await fetchOptions();
    setField(form, "credential", await createPasskey(options?.publicKey));
  } catch (error) {
    status.textContent = ceremonyMessage(error);
    return undefined;
  }
  status.textContent = "Saving…";
  setField(form, "token", token);
  // Native: the answer carries the offer to bind a key, and page script must not be able to read it.
  form.submit();
  return "leaving";
}
