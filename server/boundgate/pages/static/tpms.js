// @ts-check
import { confirmAct } from "./confirm.js";
import { reloadSaying } from "./flash.js";
import { postJson } from "./http.js";
import { toast } from "./toast.js";

/** @param {DOMStringMap} data */
export async function acceptTpm({ id = "", name = "" }) {
  toast(`Confirm with your passkey to accept the TPM ${name}.`);
  const credential = await confirmAct("tpm.accept", id);
  await postJson("/account/tpms/accept", { id, credential });
  reloadSaying(`The TPM ${name} is accepted: keys in it are attested.`);
}

/** @param {DOMStringMap} data */
export async function forgetTpm({ id = "", name = "" }) {
  toast(`Confirm with your passkey to forget the TPM ${name}.`);
  const credential = await confirmAct("tpm.forget", id);
  await postJson("/account/tpms/forget", { id, credential });
  reloadSaying(`The TPM ${name} is forgotten. To end a program's access, use the list above.`);
}
