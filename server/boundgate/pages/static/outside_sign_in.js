// @ts-check
import { ceremonyMessage } from "./ceremony_text.js";
import { byId, setField } from "./dom.js";
import { postJson } from "./http.js";
import { openForm } from "./passkey_form.js";
import { getAssertion } from "./webauthn.js";

const form = byId("sign-in", HTMLFormElement);
const status = byId("status", HTMLElement);

openForm(signIn);

/** @returns {Promise<"leaving" | void>} */
async function signIn() {
  status.textContent = "Waiting for your passkey…";
  try {
    const { publicKey } = await postJson("/sign-in/outside/options", {});
    const credential = await getAssertion(publicKey);
    status.textContent = "Signing in…";
    setField(form, "credential", credential);
    // Native, as every sign-in: the answer carries the offer to bind a key, which page script must not read.
    form.submit();
    return "leaving";
  } catch (error) {
    status.textContent = ceremonyMessage(error);
    return undefined;
  }
}
