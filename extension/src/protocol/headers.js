// @ts-check
import { ParseError, Token, isInnerList, parseList } from "../vendor/structured-headers/index.js";

/** @typedef {import("./types.js").Offer} Offer */
/** @typedef {import("./types.js").Challenge} Challenge */
/** @typedef {import("../vendor/structured-headers/index.js").InnerList} InnerList */
/** @typedef {import("../vendor/structured-headers/index.js").Item} Item */
/** @typedef {import("../vendor/structured-headers/index.js").Parameters} Parameters */

const ALGORITHMS = ["ES256", "RS256"];
const PROVIDER = ["provider_key", "provider_session_id", "provider_url"];

/**
 * The offers that Chromium would act on (DBSC §8.1). A member that it would pass over is left out; a value that cannot be
 * read at all costs every member.
 *
 * @param {string[]} values of `Secure-Session-Registration`, one for each field, or several joined by ", "
 * @returns {Offer[]}
 */
export function readOffers(values) {
  return members(values).flatMap((member) => (isInnerList(member) ? offer(member) : []));
}

/**
 * The challenges, in their order (DBSC §8.2); the last one for a session counts.
 *
 * @param {string[]} values of `Secure-Session-Challenge`
 * @returns {Challenge[]} without those that Chromium passes over; `sessionId` is null where none is named
 */
export function readChallenges(values) {
  return members(values).flatMap((member) => {
    const [item, parameters] = member;
    if (typeof item !== "string" || item === "") return [];
    const id = parameters.get("id");
    return [{ challenge: item, sessionId: typeof id === "string" && id !== "" ? id : null }];
  });
}

/**
 * @param {readonly Challenge[]} challenges of one answer
 * @param {string} sessionId
 * @returns {string | null} the one that counts for this session
 */
export function challengeFor(challenges, sessionId) {
  return challenges.filter((each) => each.sessionId === sessionId).at(-1)?.challenge ?? null;
}

/**
 * What an answer clears of that which ends sessions (DBSC §10; Clear Site Data §3.1).
 *
 * @param {string[]} values of `Clear-Site-Data`
 * @returns {{cookies: boolean, storage: boolean}}
 */
export function readClearSiteData(values) {
  const named = values.flatMap((value) => value.split(",")).map((type) => type.replace(/^[ \t]+|[ \t]+$/g, ""));
  const all = named.includes('"*"');
  return { cookies: all || named.includes('"cookies"'), storage: all || named.includes('"storage"') };
}

/**
 * @param {string[]} values
 * @returns {(InnerList | Item)[]}
 */
function members(values) {
  try {
    // RFC 9110 §5.3: several fields are one list. As in Chromium, an empty field spoils it.
    return parseList(values.join(", "));
  } catch (error) {
    if (error instanceof ParseError) return [];
    throw error;
  }
}

/**
 * @param {InnerList} member
 * @returns {Offer[]} one, or none
 */
function offer([items, parameters]) {
  const tokens = items.flatMap(([item]) => (item instanceof Token ? [item.toString()] : []));
  const algorithms = tokens.filter((name) => ALGORITHMS.includes(name));
  const path = parameters.get("path");
  const known = ["challenge", "authorization", ...PROVIDER].filter((name) => parameters.has(name));
  const provider = known.filter((name) => PROVIDER.includes(name)).length;
  if (algorithms.length === 0 || typeof path !== "string") return [];
  if (known.some((name) => typeof parameters.get(name) !== "string")) return [];
  if (provider !== 0 && provider !== PROVIDER.length) return [];
  const [challenge, authorization] = [text(parameters, "challenge"), text(parameters, "authorization")];
  return [{ algorithms, path, challenge, authorization, federated: provider !== 0 }];
}

/**
 * @param {Parameters} parameters
 * @param {string} name
 * @returns {string | null}
 */
function text(parameters, name) {
  const value = parameters.get(name);
  return typeof value === "string" ? value : null;
}
