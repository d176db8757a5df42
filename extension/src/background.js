// @ts-check
// Every listener is registered here and at once, for an event wakes only a background that listens before its first
// turn ends. What they do waits for what is on disk.
import { api, EVERYWHERE, HOLDS } from "./browser/api.js";
import { registerScripts } from "./browser/content_scripts.js";
import { cookiesFor } from "./browser/cookies.js";
import { hold, over } from "./browser/holding.js";
import { browserPorts, dueName } from "./browser/ports.js";
import { sawCookie, sawSetCookies } from "./browser/native.js";
import { beside, refused } from "./browser/recovering.js";
import { isOrdinary, seen } from "./browser/requests.js";
import { senderOf } from "./browser/senders.js";
import { Sites } from "./browser/sites.js";
import { Toolbar } from "./browser/toolbar.js";
import { Client } from "./client/client.js";
import { disk } from "./client/disk.js";
import { Verbs } from "./client/verbs.js";
import { schemefulSite } from "./protocol/site.js";

/** Cookies that are cleared go one by one. */
const CLEARED_MS = 1_000;

const WEB = { urls: EVERYWHERE };
const sites = new Sites();
const disks = { sessions: disk("sessions"), offers: disk("offers"), notes: disk("notes") };
const client = new Client(disks, browserPorts(sites, (origin) => toolbar.changed(origin)));
const verbs = new Verbs(client, sites);
const toolbar = new Toolbar((url) => verbs.status(url));
/** @type {Set<string>} */
const suspected = new Set();

api.webRequest.onHeadersReceived.addListener(onAnswer, WEB, HOLDS ? ["responseHeaders"] : headersAndMore());
if (HOLDS) {
  api.webRequest.onBeforeSendHeaders.addListener(
    (details) => hold(client, details, cookiesFor),
    WEB,
    ["blocking", "requestHeaders"],
  );
  api.webRequest.onCompleted.addListener(over, WEB);
  api.webRequest.onErrorOccurred.addListener(over, WEB);
} else {
  api.webRequest.onBeforeRequest.addListener((details) => void beside(client, details).catch(report), WEB);
  api.webRequest.onCompleted.addListener(
    (details) => void refused(client, details).catch(report),
    { ...WEB, types: ["main_frame", "sub_frame"] },
  );
  api.alarms.onAlarm.addListener(({ name }) => {
    const due = dueName(name);
    void (due === null ? start() : client.renewals.due(due).catch(report));
  });
}
api.cookies.onChanged.addListener(onCookie);
api.runtime.onMessage.addListener(onMessage);
api.runtime.onInstalled.addListener(onInstalled);
// Heard so that the background runs, and catches up, as soon as the browser does.
api.runtime.onStartup.addListener(() => {});
api.permissions.onAdded.addListener(() => void onChoice());
api.permissions.onRemoved.addListener(() => void onChoice());
api.storage.onChanged.addListener((changes) => void ("sites" in changes && onChoice()));
api.tabs.onUpdated.addListener((tabId, change) => {
  if (change.status !== undefined) void toolbar.show(tabId);
});
api.tabs.onActivated.addListener(({ tabId }) => {
  void toolbar.show(tabId);
  void client.renewals.catchUp().catch(report);
});

void start();

/** Go on with what was begun; any number of times. */
async function start() {
  await Promise.all([client.start(), onSites()]).catch(report);
}

/** @returns {any} without `extraHeaders` Chromium hides Set-Cookie */
function headersAndMore() {
  return ["responseHeaders", "extraHeaders"];
}

/** @param {any} details */
function onAnswer(details) {
  const found = seen(details);
  sawSetCookies(found.url, found.setCookies);
  if (isOrdinary(details)) client.answered(found).catch(report);
  return undefined;
}

/** @param {any} change */
function onCookie(change) {
  sawCookie(change);
  if (!change.removed || change.cause === "overwrite") return;
  const site = schemefulSite(`https://${change.cookie.domain.replace(/^\./, "")}/`);
  if (suspected.has(site)) return;
  suspected.add(site);
  setTimeout(() => {
    suspected.delete(site);
    client.endings.checkAll((record) => record.site === site).catch(report);
  }, CLEARED_MS);
}

/**
 * @param {unknown} message
 * @param {any} sender
 * @param {(answer: any) => void} reply
 * @returns {any} true: the reply comes later
 */
function onMessage(message, sender, reply) {
  const from = senderOf(sender);
  const answer = from && verbs.answer(message, from);
  if (!answer) return false;
  answer.then(reply, (error) => {
    report(error);
    reply(null);
  });
  return true;
}

/** @param {{reason: string}} details */
function onInstalled({ reason }) {
  if (reason === "install") void api.tabs.create({ url: api.runtime.getURL("src/ui/welcome.html") });
}

/** The user has given or taken a permission, or chosen: also tell the pages that are open. */
async function onChoice() {
  await onSites().catch(report);
  for (const origin of Object.keys(await sites.choices())) toolbar.changed(origin);
}

/** What is not chosen, or not permitted any more, has no key. */
async function onSites() {
  sites.forget();
  await client.ready;
  const lost = [];
  for (const { origin } of client.records.all()) if (!(await sites.isOn(origin))) lost.push(origin);
  for (const origin of new Set(lost)) await client.leave(origin, "SwitchedOff");
  if (!HOLDS) await registerScripts(await sites.activePatterns());
  await toolbar.showAll();
}

/** @param {unknown} error */
function report(error) {
  console.error(error);
}
