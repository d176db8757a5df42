// @ts-check
import { byId, link } from "./dom.js";
import { askSession } from "./session.js";
import { UNREACHABLE, describeProvenance, describeState, explainProvenance } from "./session_text.js";
import { clockTime } from "./time.js";

const POLL_MS = 1_000;
const POLL_LIMIT_MS = 35_000;

/** @type {Promise<void> | null} */
let running = null;

/**
 * Ask for the session's state and show it; ask again each second while a key is being registered, 35 s at most.
 * Calls made meanwhile share the one that runs.
 *
 * @returns {Promise<void>} settled once the state is no longer "binding"
 */
export function refreshBadge() {
  running ??= poll().finally(() => {
    running = null;
  });
  return running;
}

async function poll() {
  const since = performance.now();
  while ((await refreshOnce()) === "binding" && performance.now() - since < POLL_LIMIT_MS) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** @returns {Promise<string>} the state; empty where the server did not say */
async function refreshOnce() {
  try {
    const session = await askSession();
    show(String(session.state), describeState(session.state));
    showFacts(session);
    return String(session.state);
  } catch {
    show("unknown", UNREACHABLE);
    showFacts({});
    return "";
  }
}

/**
 * @param {string} state
 * @param {import("./session_text.js").SessionSaid} said
 */
function show(state, { label, meaning, action }) {
  const badge = byId("session-state", HTMLElement);
  byId("session", HTMLElement).dataset["state"] = state;
  badge.dataset["state"] = state;
  // Only a change is worth an announcement.
  if (badge.textContent !== label) badge.textContent = label;
  byId("session-meaning", HTMLElement).textContent = meaning;
  const line = byId("session-action", HTMLElement);
  line.replaceChildren(...(action ? [link(action)] : []));
  line.hidden = action === null;
}

/**
 * @param {Partial<Record<"provenance" | "key_thumbprint" | "proof_age_seconds" | "bound_until", unknown>>} session
 */
function showFacts({ provenance, key_thumbprint: thumbprint, proof_age_seconds: age, bound_until: until }) {
  const key = byId("session-thumbprint", HTMLElement);
  byId("session-key", HTMLElement).textContent = describeProvenance(provenance);
  byId("session-key-note", HTMLElement).textContent = explainProvenance(provenance);
  key.textContent = typeof thumbprint === "string" && thumbprint ? `${thumbprint.slice(0, 12)}…` : "–";
  key.title = typeof thumbprint === "string" ? thumbprint : "";
  const proved = typeof age === "number" ? clockTime(Date.now() - age * 1000) : "–";
  byId("session-proof", HTMLElement).textContent = proved;
  byId("session-until", HTMLElement).textContent = typeof until === "number" ? clockTime(until * 1000) : "–";
}
