// @ts-check
import { confirmAct } from "./confirm.js";
import { reloadSaying } from "./flash.js";
import { postJson } from "./http.js";
import { leaveFor } from "./leaving.js";
import { toast } from "./toast.js";

/** @param {DOMStringMap} data */
export async function startLink({ id = "", name = "" }) {
  toast(`Going to ${name}…`);
  await leaveFor("/account/outside/start", { provider: id });
}

/** @param {DOMStringMap} data */
export async function linkOutside({ id = "", name = "" }) {
  toast(`Confirm with your passkey to link this account of ${name}.`);
  const credential = await confirmAct("outside.link", id);
  await postJson("/account/outside", { id, credential });
  reloadSaying(`The account of ${name} is linked.`);
}

/** @param {DOMStringMap} data */
export async function unlinkOutside({ id = "", name = "" }) {
  toast(`Confirm with your passkey to unlink this account of ${name}.`);
  const credential = await confirmAct("outside.remove", id);
  await postJson("/account/outside/remove", { id, credential });
  reloadSaying(`The account of ${name} is unlinked.`);
}
