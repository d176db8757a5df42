// @ts-check
import { postJson } from "./http.js";
import { getAssertion } from "./webauthn.js";

/**
 * @typedef {"passkey.add" | "passkey.remove" | "session.end" | "sign_out" | "oauth.authorize" | "client.remove" |
 *   "authorization.end" | "tpm.accept" | "tpm.forget" | "outside.link" | "outside.remove"} Act
 */

/**
 * An assertion made for one act and nothing else: the server ties its challenge to the act and its target.
 *
 * @param {Act} act
 * @param {string | null} target what is concerned, such as the id of a passkey, session or program
 * @returns {Promise<string>} the credential as JSON text
 */
export async function confirmAct(act, target) {
  const { publicKey } = await postJson("/account/confirm", { act, target });
  return getAssertion(publicKey);
}
