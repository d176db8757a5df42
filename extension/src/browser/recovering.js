// @ts-check
// Chromium: no request can be held, so sessions are renewed ahead, and what was refused all the same is asked for
// again: documents from here, a page's own requests from the scripts in it.
import { api } from "./api.js";
import { initiatorOf, isDocument, isOrdinary } from "./requests.js";

/** @typedef {import("../client/client.js").Client} Client */

/** A document that was reloaded is not reloaded again for so long, whatever it answers. */
const ONCE_MS = 30_000;

/** @type {Map<string, number>} when a frame's document was reloaded */
const reloaded = new Map();

/**
 * A request is about to be sent: a session that it lacks, or that is past half of its life, is renewed beside it.
 *
 * @param {Client} client
 * @param {any} details  of `onBeforeRequest`
 */
export async function beside(client, details) {
  if (!isOrdinary(details)) return;
  const records = await client.concerned(details.url, initiatorOf(details));
  const without = await client.lacking(records, details.url);
  await client.refresh(without);
  for (const record of records) if (!without.includes(record)) await client.renewals.ahead(record);
}

/**
 * A document was refused for want of a proof: refresh, and load it once more.
 *
 * @param {Client} client
 * @param {any} details  of `onCompleted`
 */
export async function refused(client, details) {
  const { url, statusCode, method, tabId, frameId } = details;
  if (statusCode !== 401 || method !== "GET" || tabId === -1 || !isDocument(details) || !isOrdinary(details)) return;
  const records = await client.concerned(url, initiatorOf(details));
  const name = `${tabId} ${frameId} ${url}`;
  if (records.length === 0 || !isFirst(name)) return;
  if (await client.recover(url)) await reload(tabId, frameId);
}

/**
 * @param {string} name
 * @returns {boolean} whether it was not reloaded lately
 */
function isFirst(name) {
  const now = Date.now();
  for (const [each, at] of reloaded) if (now - at > ONCE_MS) reloaded.delete(each);
  if (reloaded.has(name)) return false;
  reloaded.set(name, now);
  return true;
}

/**
 * @param {number} tabId
 * @param {number} frameId
 */
async function reload(tabId, frameId) {
  if (frameId === 0) return api.tabs.reload(tabId);
  const target = { tabId, frameIds: [frameId] };
  return api.scripting.executeScript({ target, func: () => globalThis.location.reload() });
}
