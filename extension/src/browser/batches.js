// @ts-check
// Firefox tells an extension of several requests at once, and takes its answers to them at once too (ConduitsParent's
// `batch`). A request of the extension that comes together with one that is held until it is answered would never be
// sent. It is given up and sent again, alone.

/**
 * @typedef {object} Attempt
 * @property {string} url
 * @property {AbortController} controller
 */

/** @type {Set<Attempt>} own requests on their way */
const attempts = new Set();
/** @type {{held: boolean, own: string[]} | null} */
let batch = null;

/** A request came that may be held. */
export function mayBeHeld() {
  current().held = true;
}

/**
 * A request of the extension came.
 *
 * @param {string} url
 */
export function isOwn(url) {
  current().own.push(url);
}

/**
 * `fetch`, sent as often as it gets between requests that wait for it. A server sees one of them.
 *
 * @param {string} url
 * @param {RequestInit} init
 * @returns {Promise<Response>}
 * @throws {TypeError | DOMException} as `fetch` does
 */
export async function fetchAlone(url, init) {
  for (;;) {
    const attempt = { url: new URL(url).href, controller: new AbortController() };
    const { signal: ours } = attempt.controller;
    attempts.add(attempt);
    try {
      return await fetch(url, { ...init, signal: init.signal ? AbortSignal.any([init.signal, ours]) : ours });
    } catch (error) {
      if (!ours.aborted || init.signal?.aborted) throw error;
    } finally {
      attempts.delete(attempt);
    }
  }
}

function current() {
  if (batch === null) {
    const begun = (batch = { held: false, own: /** @type {string[]} */ ([]) });
    // The requests of one batch are told of without a turn of the microtasks between them.
    queueMicrotask(() => {
      batch = null;
      if (begun.held) for (const url of begun.own) giveUp(url);
    });
  }
  return batch;
}

/** @param {string} url */
function giveUp(url) {
  for (const attempt of attempts) if (attempt.url.split("#", 1)[0] === url) attempt.controller.abort();
}
