// @ts-check
import { byId } from "./dom.js";
import { getJson } from "./http.js";
import { callsText, formatMicroUsd } from "./money.js";

/** Show what this session has cost. Where the server cannot say, the last known figure stays. */
export async function refreshSpend() {
  try {
    const { calls, cost_micro_usd: cost } = await getJson("/playground/spend");
    byId("cost", HTMLElement).textContent = formatMicroUsd(cost);
    byId("calls", HTMLElement).textContent = callsText(calls);
  } catch {
    byId("calls", HTMLElement).textContent = "The present figure could not be read.";
  }
}
