// @ts-check
// The parts of a registration that keep nothing.
import { readChallenges } from "../protocol/headers.js";
import { needsWellKnown, wellKnownProblem } from "../protocol/instructions.js";
import { resolveOffer } from "../protocol/site.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Instructions} Instructions */
/** @typedef {import("./types.js").Offer} Offer */
/** @typedef {import("./types.js").Ports} Ports */

const LIMIT_MS = 20_000;

/**
 * @param {Offer} offer
 * @param {string} responseUrl
 * @returns {string | null} why this client cannot take the offer
 */
export function obstacle(offer, responseUrl) {
  if (offer.federated) return "Federated";
  if (!offer.algorithms.includes("ES256")) return "UnsupportedAlgorithm";
  // Chromium would register without a key here, and prove nothing ever after.
  if (offer.challenge === null) return "NoChallenge";
  try {
    resolveOffer(offer, responseUrl);
    return null;
  } catch {
    return "InvalidRegistrationUrl";
  }
}

/**
 * @param {Ports} ports
 * @param {string} url
 * @param {string} proof
 * @returns {Promise<Answer>} of status 0 where none came
 */
export async function postProof(ports, url, proof) {
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    return await ports.post(url, { headers: { "Secure-Session-Response": proof }, signal });
  } catch {
    return { status: 0, url, challenges: [], clearSiteData: [], body: "" };
  }
}

/**
 * @param {Ports} ports
 * @param {Instructions} instructions
 * @param {string} servingUrl
 * @returns {Promise<string | null>} why a session of the whole site may not be registered from there (DBSC §8.9)
 */
export async function siteProblem(ports, instructions, servingUrl) {
  const url = needsWellKnown(instructions, servingUrl);
  if (url === null) return null;
  try {
    const { status, body } = await ports.read(url, AbortSignal.timeout(LIMIT_MS));
    if (status === 200) return wellKnownProblem(body, new URL(servingUrl).origin);
  } catch {
    // The same as an answer that says nothing.
  }
  return "SubdomainRegistrationWellKnownUnavailable";
}

/**
 * @param {Answer} answer
 * @param {string} id
 * @returns {string | null} what it gives this session to sign first
 */
export function firstChallenge({ challenges }, id) {
  const meant = readChallenges(challenges).filter(({ sessionId }) => sessionId === id);
  return meant.at(-1)?.challenge ?? null;
}

/**
 * @param {string} body  perhaps a problem document (RFC 9457)
 * @returns {unknown}
 */
export function problemCode(body) {
  try {
    return JSON.parse(body)?.code;
  } catch {
    return null;
  }
}
