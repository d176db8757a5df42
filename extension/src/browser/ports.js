// @ts-check
import { api, HOLDS } from "./api.js";
import { cookiesFor, cookiesOf } from "./cookies.js";
import { browserRegistered } from "./native.js";
import { post, read } from "./own_requests.js";

/** What the browser's own DBSC needs at most to register, where there may be one. */
const PATIENCE_MS = 5_000;
const RENEW = "renew ";
const RESUME = "resume";
/** The least that alarms of every version can do. */
const ALARM_MINUTES = 0.5;

/**
 * The client's ports in a real browser.
 *
 * @param {import("./sites.js").Sites} sites
 * @param {(origin: string) => void} changed
 * @returns {import("../client/types.js").Ports}
 */
export function browserPorts(sites, changed) {
  return {
    now: Date.now,
    random: Math.random,
    after,
    patience: HOLDS ? 0 : PATIENCE_MS,
    holds: HOLDS,
    post,
    read,
    cookiesFor,
    cookiesOf,
    isOn: (origin) => sites.isOn(origin),
    isPermitted: (url) => sites.isPermitted(url),
    browserRegistered,
    isOpen,
    changed,
    wake,
  };
}

/**
 * @param {number} ms
 * @param {() => void} task
 */
function after(ms, task) {
  setTimeout(task, ms);
  // Should the background be ended before, it is woken to go on with what is on disk.
  if (!HOLDS) void api.alarms.create(RESUME, { delayInMinutes: ALARM_MINUTES });
}

/** @param {Map<string, number>} dues */
async function wake(dues) {
  for (const { name } of await api.alarms.getAll()) {
    const whose = dueName(name);
    if (whose !== null && !dues.has(whose)) void api.alarms.clear(name);
  }
  for (const [name, when] of dues) void api.alarms.create(RENEW + name, { when: Math.max(when, Date.now() + 1) });
}

/**
 * @param {string} alarm
 * @returns {string | null} what is due; null where the alarm is for something else
 */
export function dueName(alarm) {
  return alarm.startsWith(RENEW) ? alarm.slice(RENEW.length) : null;
}

/**
 * @param {string} site
 * @returns {Promise<boolean>}
 */
async function isOpen(site) {
  const { protocol, hostname } = new URL(site);
  const found = await api.tabs.query({ url: [`${protocol}//${hostname}/*`, `${protocol}//*.${hostname}/*`] });
  return found.length > 0;
}
