// @ts-check
import { ask, onChanged } from "./ask.js";
import { browser } from "./browser.js";
import { byId, onPress } from "./dom.js";
import { localise, t } from "./i18n.js";
import { showStatus } from "./popup_view.js";
import { switchOff, switchOn } from "./switching.js";

/** @typedef {import("./ask.js").SiteStatus} SiteStatus */

const TICK_MS = 5_000;
const toggle = byId("switch", HTMLButtonElement);
const confirmBox = byId("confirm", HTMLElement);
const problem = byId("problem", HTMLElement);

/** @type {SiteStatus | null} */
let status = null;
let url = "";

void start();

async function start() {
  localise(document);
  wire();
  url = await pageUrl();
  await refresh();
  document.querySelector("main")?.removeAttribute("aria-busy");
  onChanged((origin) => {
    if (origin === status?.origin) void refresh();
  });
  setInterval(() => showStatus(status, Date.now()), TICK_MS);
}

function wire() {
  onPress(toggle, () => (toggle.ariaChecked === "true" ? turnOff() : attempt(turnOn)));
  onPress(byId("renew", HTMLButtonElement), () => attempt(() => ask({ verb: "renew", origin: status?.origin ?? "" })));
  onPress(byId("off", HTMLButtonElement), () => attempt(reallyOff));
  onPress(byId("keep", HTMLButtonElement), async () => closeConfirm());
  byId("sites", HTMLAnchorElement).addEventListener("click", (event) => {
    event.preventDefault();
    void browser.runtime.openOptionsPage().then(() => window.close());
  });
}

async function refresh() {
  await attempt(() => (url ? ask({ verb: "status", url }) : Promise.resolve(UNSUPPORTED)));
}

/** The page that the popup was opened over; empty where the extension has no business. */
async function pageUrl() {
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  const ordinary = !tab?.incognito && ["firefox-default", "0", undefined].includes(tab?.cookieStoreId);
  return ordinary && tab?.url?.startsWith("https:") ? tab.url : "";
}

/** @type {SiteStatus} */
const UNSUPPORTED = {
  origin: "", host: "", enabled: false, permitted: false, supported: false, state: "off", key: null, sessions: [], note: null,
};

function turnOn() {
  return switchOn(status?.origin ?? "").then((found) => {
    if (!found) tell("said_denied");
    return found ?? ask({ verb: "status", url });
  });
}

/** A key that would be lost is worth a question. */
async function turnOff() {
  if (!status?.sessions.length) return attempt(reallyOff);
  confirmBox.hidden = false;
  return byId("keep", HTMLButtonElement).focus();
}

function reallyOff() {
  closeConfirm();
  return switchOff(status?.origin ?? "").then(() => ask({ verb: "status", url }));
}

function closeConfirm() {
  if (confirmBox.hidden) return;
  confirmBox.hidden = true;
  toggle.focus();
}

/**
 * Run an act and show how the site is afterwards; say so where it did not get there.
 *
 * @param {() => Promise<SiteStatus>} act
 */
async function attempt(act) {
  problem.hidden = true;
  try {
    status = await act();
  } catch {
    if (status) tell("said_failed");
  }
  showStatus(status, Date.now());
}

/** @param {string} key */
function tell(key) {
  problem.textContent = t(key);
  problem.hidden = false;
}
