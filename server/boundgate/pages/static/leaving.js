// @ts-check
import { postJson } from "./http.js";

/**
 * Leave for a provider. The answer brings a cookie that belongs to this one departure.
 *
 * @param {"/sign-in/outside/start" | "/account/outside/start"} path
 * @param {Record<string, string>} asked
 */
export async function leaveFor(path, asked) {
  const { location: where } = await postJson(path, asked);
  location.assign(where);
}
