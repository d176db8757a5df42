// @ts-check
import { confirmAct } from "./confirm.js";
import { reloadSaying } from "./flash.js";
import { postJson } from "./http.js";
import { toast } from "./toast.js";
import { getAssertion } from "./webauthn.js";

/**
 * Register a program of one's own. It is checked first; the passkey then confirms this very one.
 *
 * @param {HTMLFormElement} form with the fields `name` and `redirect_uris`, one address a line
 */
export async function addProgram(form) {
  const fields = new FormData(form);
  const name = String(fields.get("name") ?? "").trim();
  const redirectUris = String(fields.get("redirect_uris") ?? "").split(/\s+/).filter(Boolean).join("\n");
  toast(`Confirm with your passkey to register “${name}”.`);
  const asked = { name, redirect_uris: redirectUris };
  const { publicKey } = await postJson("/account/clients/options", asked);
  const credential = await getAssertion(publicKey);
  await postJson("/account/clients", { ...asked, credential });
  reloadSaying(`“${name}” is registered. Give its client id to the program.`);
}

/** @param {DOMStringMap} data */
export async function removeProgram({ id = "", name = "" }) {
  toast(`Confirm with your passkey to delete “${name}”.`);
  const credential = await confirmAct("client.remove", id);
  await postJson("/account/clients/remove", { id, credential });
  reloadSaying(`“${name}” is deleted, and everything it was given has ended.`);
}

/** @param {DOMStringMap} data */
export async function endAccess({ id = "", name = "" }) {
  toast(`Confirm with your passkey to end the access of “${name}”.`);
  const credential = await confirmAct("authorization.end", id);
  await postJson("/account/authorizations/end", { id, credential });
  reloadSaying(`The access of “${name}” has ended.`);
}
