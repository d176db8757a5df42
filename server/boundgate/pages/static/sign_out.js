// @ts-check
import { exclusive } from "./busy.js";
import { ceremonyMessage } from "./ceremony_text.js";
import { confirmAct } from "./confirm.js";
import { byId, setField } from "./dom.js";
import { Problem } from "./problems.js";
import { askSession } from "./session.js";
import { toast } from "./toast.js";

const form = byId("sign-out", HTMLFormElement);
const button = form.querySelector("button");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (button) void exclusive(button, signOut);
});

/**
 * The sign-out path is outside the bound scope, so that it always answers; asking for the session first lets a
 * browser that has the key renew its cookie. Where it cannot, a passkey stands in.
 *
 * @returns {Promise<"leaving" | void>}
 */
async function signOut() {
  toast("");
  try {
    if ((await sessionState()) === "lapsed") {
      toast("Confirm with your passkey to sign out.");
      setField(form, "credential", await confirmAct("sign_out", null));
    }
  } catch (error) {
    toast(`You are still signed in. ${ceremonyMessage(error)}`);
    return undefined;
  }
  form.submit();
  return "leaving";
}

/**
 * @returns {Promise<string>} empty where the server did not say
 * @throws {Problem} where there is no server: leaving the page would tell nobody that the session goes on
 */
async function sessionState() {
  try {
    const { state } = await askSession();
    return String(state);
  } catch (error) {
    if (error instanceof Problem && error.code === "unreachable") throw error;
    return "";
  }
}
