// @ts-check
// What an answer to a registration or a refresh means for the session, as Chromium 156 takes it (DBSC §8.8, §9).
import { challengeFor } from "./headers.js";
import { InstructionsError, readInstructions } from "./instructions.js";

/** @typedef {import("./types.js").Instructions} Instructions */
/** @typedef {import("./types.js").Challenge} Challenge */

/**
 * `status` is that of the final answer, 0 where none came; `servingUrl` is its URL.
 *
 * @typedef {{status: number, body: string, servingUrl: string}} Answer
 */

/**
 * - `refreshed`: with new `instructions`, which replace the old ones and the challenge that was kept, or with null, which
 *   changes nothing;
 * - `retry`: sign `challenge` and ask again;
 * - `ended`: the session is over, `reason` is Chromium's name for why;
 * - `kept`: the session stays and the request goes out without a fresh cookie; `reason` is `unreachable` or
 *   `server_error` (DBSC §8.5).
 *
 * `challenge` is what the answer gave this session for the next proof, null where it gave none.
 *
 * @typedef {{kind: "refreshed" | "retry" | "ended" | "kept", reason: string, challenge: string | null,
 *   instructions: Instructions | null}} RefreshOutcome
 */

/**
 * @typedef {{kind: "registered", reason: string, instructions: Instructions}
 *   | {kind: "refused", reason: string, instructions: null}} RegistrationOutcome
 */

/** Signed attempts in one refresh; a server that asks for another proof after these ends the session. */
export const MAX_SIGNED_ATTEMPTS = 4;

/**
 * @param {Answer & {challenges: readonly Challenge[], sessionId: string, attempts: number, cached?: string | null}} answer
 *   with the challenges that it carried, how many signed attempts this refresh has made, and a challenge that is kept for
 *   the session beside them
 * @returns {RefreshOutcome}
 */
export function judgeRefresh({ challenges, sessionId, attempts, cached = null, ...answer }) {
  const challenge = challengeFor(challenges, sessionId);
  const { status } = answer;
  if (status === 0 || status === 407) return outcome("kept", "unreachable", challenge);
  if (status >= 500) return outcome("kept", "server_error", challenge);
  if (status === 403) return challenged(challenge ?? cached, attempts);
  if (status < 200 || status > 299) return outcome("ended", "PersistentHttpError", challenge);
  try {
    const { body, servingUrl } = answer;
    const instructions = readInstructions(body, { servingUrl, registering: false, currentId: sessionId });
    return { kind: "refreshed", reason: "Success", challenge, instructions };
  } catch (error) {
    return outcome("ended", codeOf(error), challenge);
  }
}

/**
 * @param {Answer} answer
 * @returns {RegistrationOutcome} where refused, with Chromium's name for why; nothing is tried again
 */
export function judgeRegistration({ status, body, servingUrl }) {
  if (status < 200 || status > 299) return { kind: "refused", reason: refusal(status), instructions: null };
  try {
    const instructions = readInstructions(body, { servingUrl, registering: true, currentId: null });
    if (instructions !== null) return { kind: "registered", reason: "Success", instructions };
    return { kind: "refused", reason: "EmptySessionConfig", instructions };
  } catch (error) {
    return { kind: "refused", reason: codeOf(error), instructions: null };
  }
}

/**
 * @param {string | null} challenge
 * @param {number} attempts
 * @returns {RefreshOutcome}
 */
function challenged(challenge, attempts) {
  if (challenge === null) return outcome("ended", "InvalidChallenge", null);
  if (attempts >= MAX_SIGNED_ATTEMPTS) return outcome("ended", "TooManyChallenges", challenge);
  return outcome("retry", "challenged", challenge);
}

/**
 * @param {number} status
 * @returns {string}
 */
function refusal(status) {
  if (status === 0) return "NetError";
  if (status === 403) return "RegistrationAttemptedChallenge";
  if (status === 407) return "ProxyError";
  return status >= 500 ? "TransientHttpError" : "PersistentHttpError";
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function codeOf(error) {
  if (error instanceof InstructionsError) return error.code;
  throw error;
}

/**
 * @param {RefreshOutcome["kind"]} kind
 * @param {string} reason
 * @param {string | null} challenge
 * @returns {RefreshOutcome}
 */
function outcome(kind, reason, challenge) {
  return { kind, reason, challenge, instructions: null };
}
