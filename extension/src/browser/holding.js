// @ts-check
// Firefox: a request that lacks a credential waits until it is there (DBSC §8.5), and no page ever sees a refusal. The
// Cookie header is settled before the event, so the new values are put into it.
import { lacking } from "../client/needs.js";
import { LIMIT_MS } from "../client/refresher.js";
import { isOwn, mayBeHeld } from "./batches.js";
import { withCredentials } from "./cookie_header.js";
import { initiatorOf, isDocument, isFromHere, isOrdinary, values } from "./requests.js";

/** @typedef {import("../client/client.js").Client} Client */
/** @typedef {import("../client/types.js").SessionRecord} SessionRecord */

/** Requests that were begun anew, so that none is twice. */
const restarted = new Set();

/**
 * @param {Client} client
 * @param {any} details  of a blocking `onBeforeSendHeaders`
 * @param {(url: string) => Promise<import("../client/types.js").Cookie[]>} cookiesFor
 * @returns {Promise<{requestHeaders?: {name: string, value?: string}[], redirectUrl?: string}>} never rejects: what
 *   goes wrong here costs the request its cookie and no more
 */
export async function hold(client, details, cookiesFor) {
  if (isFromHere(details)) isOwn(details.url);
  if (!isOrdinary(details)) return {};
  mayBeHeld();
  let timer;
  /** @type {Promise<{}>} */
  const limit = new Promise((resolve) => (timer = setTimeout(() => resolve({}), LIMIT_MS)));
  try {
    return await Promise.race([change(client, details, cookiesFor), limit]);
  } catch (error) {
    console.error("hold", error);
    return {};
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The request is over.
 *
 * @param {{requestId: string}} details
 */
export function over({ requestId }) {
  restarted.delete(requestId);
}

/**
 * @param {Client} client
 * @param {any} details
 * @param {(url: string) => Promise<import("../client/types.js").Cookie[]>} cookiesFor
 */
async function change(client, details, cookiesFor) {
  const { url, requestHeaders } = details;
  const [header] = values(requestHeaders, "cookie");
  // Without a Cookie header it may be a request that wants none; a document never does.
  if (header === undefined && !isDocument(details)) return {};
  const records = await client.concerned(url, initiatorOf(details));
  if (records.length === 0) return {};
  await renew(client, records, url, cookiesFor);
  const cookies = await cookiesFor(url);
  if (header === undefined && cookies.length > 0 && mayRestart(details)) {
    restarted.add(details.requestId);
    return { redirectUrl: url };
  }
  const now = Date.now();
  const changed = withCredentials(header ?? "", records, { url, cookies, now, context: contextOf(details) });
  if (changed === (header ?? "")) return {};
  const others = requestHeaders.filter((/** @type {{name: string}} */ { name }) => name.toLowerCase() !== "cookie");
  return { requestHeaders: [...others, { name: "Cookie", value: changed }] };
}

/**
 * Refresh what is missing, and beside the request what is about to be.
 *
 * @param {Client} client
 * @param {readonly SessionRecord[]} records
 * @param {string} url
 * @param {(url: string) => Promise<import("../client/types.js").Cookie[]>} cookiesFor
 */
async function renew(client, records, url, cookiesFor) {
  const without = lacking(records, url, await cookiesFor(url), Date.now());
  await client.refresh(without);
  for (const record of records) if (!without.includes(record)) void client.renewals.ahead(record);
}

/** @param {any} details */
function mayRestart(details) {
  return details.method === "GET" && !restarted.has(details.requestId);
}

/**
 * @param {any} details
 * @returns {import("./cookie_header.js").Context}
 */
function contextOf({ type, method, requestHeaders }) {
  const [site = "none"] = values(requestHeaders, "sec-fetch-site");
  return { sameSite: site !== "cross-site", topLevel: type === "main_frame" && method === "GET" };
}
