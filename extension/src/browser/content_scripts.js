// @ts-check
// Chromium: the two scripts that let a page's own requests recover, on chosen sites only.
import { Turns } from "../client/turns.js";
import { api } from "./api.js";

const IDS = ["recover-isolated", "recover-fetch"];

/** @typedef {import("webextension-polyfill").Scripting.RegisteredContentScript} Script */

const turns = new Turns();

/**
 * Have the scripts in the pages of exactly these hosts, those that are open already included.
 *
 * @param {string[]} matches  patterns that the extension is permitted to act on
 * @returns {Promise<void>}
 */
export function registerScripts(matches) {
  return turns.take("scripts", () => register(matches));
}

/** @param {string[]} matches */
async function register(matches) {
  const known = await api.scripting.getRegisteredContentScripts({ ids: IDS });
  if (known.length === IDS.length && known.every((script) => same(script.matches ?? [], matches))) return;
  if (known.length > 0) await api.scripting.unregisterContentScripts({ ids: known.map(({ id }) => id) });
  if (matches.length === 0) return;
  await api.scripting.registerContentScripts(scripts(matches));
  const tabs = await api.tabs.query({ url: matches });
  await Promise.all(tabs.map(({ id }) => (id === undefined ? undefined : inject(id))));
}

/** @param {number} tabId */
async function inject(tabId) {
  const target = { tabId, allFrames: true };
  try {
    for (const { js, world } of scripts([])) {
      await api.scripting.executeScript(/** @type {any} */ ({ target, files: js, world }));
    }
  } catch {
    // The tab is gone, or shows an error of the browser's.
  }
}

/**
 * @param {string[]} matches
 * @returns {Script[]}
 */
function scripts(matches) {
  const runAt = /** @type {const} */ ("document_start");
  const common = { matches, runAt, allFrames: true, persistAcrossSessions: true };
  const [isolated = "", main = ""] = IDS;
  return [
    { ...common, id: isolated, js: ["src/pages/recover_isolated.js"], world: "ISOLATED" },
    { ...common, id: main, js: ["src/pages/recover_fetch.js"], world: "MAIN" },
  ];
}

/**
 * @param {string[]} some
 * @param {string[]} others
 */
function same(some, others) {
  return some.length === others.length && some.every((each) => others.includes(each));
}
