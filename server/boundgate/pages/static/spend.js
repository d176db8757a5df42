// @ts-check
import { byId } from "./dom.js";
import { getJson } from "./http.js";
import { formatMicroUsd } from "./money.js";

// A call's record is written within a second of its end; that of a stopped one when the provider has sent its bill.
const FOLLOW_MS = [600, 1_000, 2_500, 6_000];

let latest = 0;

/**
 * Show what this session has cost. Where the server cannot say, the last known figure stays.
 *
 * @returns {Promise<void>}
 */
export async function refreshSpend() {
  latest += 1;
  await showSpend();
}

/**
 * The same after a call: ask again until the figure has moved, ten seconds at most. A later request takes over.
 *
 * @returns {Promise<void>}
 */
export async function followSpend() {
  const mine = ++latest;
  const before = byId("cost", HTMLElement).textContent;
  await showSpend();
  for (const pause of FOLLOW_MS) {
    if (byId("cost", HTMLElement).textContent !== before) return;
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (mine !== latest) return;
    await showSpend();
  }
}

async function showSpend() {
  const hint = byId("cost-hint", HTMLElement);
  try {
    const { cost_micro_usd: cost } = await getJson("/playground/spend");
    byId("cost", HTMLElement).textContent = formatMicroUsd(cost);
    hint.textContent = "For this session, as the gateway recorded it.";
  } catch {
    hint.textContent = "The present figure could not be read.";
  }
}
