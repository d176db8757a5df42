// @ts-check
import { readAddress } from "./address.js";
import { ask, askSites, onChanged } from "./ask.js";
import { confirmed } from "./confirm.js";
import { byId } from "./dom.js";
import { localise, t } from "./i18n.js";
import { showSites } from "./site_list.js";
import { switchOff, switchOn } from "./switching.js";

/** @typedef {import("./ask.js").SiteStatus} SiteStatus */

const TICK_MS = 15_000;
const address = byId("address", HTMLInputElement);

/** @type {SiteStatus[]} */
let sites = [];
/** Sites that were removed on this page; the background may learn a moment later that the permission is gone. */
const removed = new Set();

localise(document);
byId("add", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void add();
});
address.addEventListener("input", () => complain(null));
onChanged(() => void refresh());
setInterval(show, TICK_MS);
void refresh();

async function refresh() {
  const unknown = byId("unknown", HTMLElement);
  try {
    sites = (await askSites()).filter(isListed);
    unknown.hidden = true;
  } catch {
    unknown.hidden = false;
  }
  show();
}

/**
 * A site that was removed is only a choice that the background remembers, unless the browser cannot take it away.
 *
 * @param {SiteStatus} site
 */
function isListed({ origin, enabled, permitted, sessions }) {
  return enabled || sessions.length > 0 || (permitted && !removed.has(origin));
}

function show() {
  showSites(sites, { renew, forget, remove, switchOn: turnOn }, Date.now());
  byId("empty", HTMLElement).hidden = sites.length > 0 || !byId("unknown", HTMLElement).hidden;
}

/** Called in the press itself: the permission is asked for before anything is waited for. */
async function add() {
  const read = readAddress(address.value);
  if ("problem" in read) return complain(read.problem);
  const { origin, host } = read;
  if (sites.some((site) => site.origin === origin && site.enabled && site.permitted)) return say("said_already", host);
  return attempt(() => switchOn(origin), (status) => {
    tellOn(status, host);
    // What was typed stays where it was not taken.
    if (status) address.value = "";
  });
}

/** @param {SiteStatus} site */
function turnOn({ origin, host }) {
  return attempt(() => switchOn(origin), (status) => tellOn(status, host));
}

/**
 * @param {SiteStatus | null} status
 * @param {string} host
 */
function tellOn(status, host) {
  say(status ? "said_enabled" : "said_denied", host);
}

/** @param {SiteStatus} site */
function renew({ origin, host }) {
  return attempt(() => ask({ verb: "renew", origin }), (after) => {
    say(after.state === "bound" ? "said_renewed" : "said_not_renewed", host);
  });
}

/**
 * @param {SiteStatus} site
 * @param {string} sessionId
 */
async function forget({ origin, host }, sessionId) {
  const sure = await confirmed({ question: t("forget_ask", host), cost: t("forget_cost"), act: t("forget") });
  if (sure) await attempt(() => ask({ verb: "forget", origin, sessionId }), () => say("said_forgotten", host));
}

/** @param {SiteStatus} site */
async function remove({ origin, host }) {
  const sure = await confirmed({ question: t("remove_ask", host), cost: t("remove_cost"), act: t("remove") });
  if (sure) await attempt(() => switchOff(origin), ({ permitted }) => tellOff(permitted, origin, host));
}

/**
 * @param {boolean} permitted the browser's permission stays, as it does in an organisation's own build
 * @param {string} origin
 * @param {string} host
 */
function tellOff(permitted, origin, host) {
  if (!permitted) removed.add(origin);
  say(permitted ? "said_disabled" : "said_removed", host);
}

/**
 * Run an act, say how it went, and show the sites as they are afterwards.
 *
 * @template T
 * @param {() => Promise<T>} act
 * @param {(found: T) => void} tell
 */
async function attempt(act, tell) {
  try {
    tell(await act());
  } catch {
    say("said_failed");
  }
  await refresh();
}

/** @param {string | null} problem names the text */
function complain(problem) {
  byId("address-problem", HTMLElement).textContent = problem ? t(problem) : "";
  address.ariaInvalid = problem ? "true" : null;
  if (problem) address.focus();
}

/**
 * @param {string} key
 * @param {...string} values
 */
function say(key, ...values) {
  byId("said", HTMLElement).textContent = t(key, ...values);
}
