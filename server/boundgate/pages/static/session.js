// @ts-check
import { getJson } from "./http.js";

/**
 * The session as the server sees it. `GET /session` itself refuses nothing; where it says that the proof is too old, the
 * model list is asked for first, which needs a proof: a browser, or an extension that waits for a refusal, then proves
 * the key, and the second answer is the present one.
 *
 * @returns {Promise<any>} the JSON answer of `GET /session`
 * @throws {import("./problems.js").Problem} where the server did not say
 */
export async function askSession() {
  const session = await getJson("/session");
  if (session?.state !== "lapsed") return session;
  try {
    await getJson("/v1/models");
  } catch {
    return session;
  }
  return getJson("/session");
}
