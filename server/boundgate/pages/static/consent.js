// @ts-check
import { exclusive } from "./busy.js";
import { ceremonyMessage } from "./ceremony_text.js";
import { confirmAct } from "./confirm.js";
import { byId, setField } from "./dom.js";
import { localiseTimes } from "./time.js";
import { passkeysUnavailable } from "./webauthn.js";

const form = byId("consent", HTMLFormElement);
const allow = byId("allow", HTMLButtonElement);
const status = byId("status", HTMLElement);

start();

function start() {
  localiseTimes(document);
  const reason = passkeysUnavailable();
  if (reason) {
    status.textContent = reason;
    return;
  }
  allow.disabled = false;
  allow.addEventListener("click", () => void exclusive(allow, allowWithPasskey));
  // Whoever comes back to this page finds the decision that it starts with.
  addEventListener("pageshow", () => setField(form, "decision", "decline"));
}

/** @returns {Promise<"leaving" | void>} */
async function allowWithPasskey() {
  status.textContent = "Waiting for your passkey…";
  try {
    const request = new FormData(form).get("request");
    setField(form, "credential", await confirmAct("oauth.authorize", String(request)));
  } catch (error) {
    status.textContent = ceremonyMessage(error);
    return undefined;
  }
  status.textContent = "Allowing…";
  setField(form, "decision", "allow");
  form.submit();
  return "leaving";
}
