// @ts-check
// Rules for this text: claim no more than the server knows. "Bound" means a key was registered and lately proved;
// where the key lives is its provenance; nothing on the wire proves hardware.

/** @typedef {{label: string, meaning: string, action: {label: string, href: string} | null}} SessionSaid */

const SIGN_IN = { label: "Sign in again", href: "/" };

/** @type {Record<string, SessionSaid>} */
const STATES = {
  binding: {
    label: "Binding",
    meaning:
      "Your browser was asked to register a key and has half a minute for it; the Boundgate extension takes some " +
      "seconds. Sending waits for that.",
    action: null,
  },
  bound: {
    label: "Bound",
    meaning:
      "Calls to standard models go through. Your browser proves its key again as you go on; a copied cookie cannot.",
    action: null,
  },
  unbound: {
    label: "Not bound",
    meaning:
      "This browser registered no key, so paid calls are refused. Sign in with one that has Device Bound Session " +
      "Credentials, such as Chrome on Windows with a TPM, or add the Boundgate extension to this one and sign in again.",
    action: null,
  },
  lapsed: {
    label: "Proof too old",
    meaning: "The key was registered but not proved lately. Reload the page; if it stays so, sign in again.",
    action: { label: "Reload the page", href: "/playground" },
  },
  ended: {
    label: "Ended",
    meaning: "This session was ended on the server. Nothing can be sent from it any more.",
    action: SIGN_IN,
  },
  signed_out: { label: "Signed out", meaning: "You are not signed in here.", action: SIGN_IN },
};

/** @type {Record<string, string>} */
const PROVENANCES = {
  none: "No key",
  software: "Software key",
  browser: "Browser key",
  attested: "Attested TPM key",
};

/** What each kind of key protects from, and what not. */
/** @type {Record<string, string>} */
const PROVENANCE_NOTES = {
  none: "",
  software:
    "An extension keeps this key, in software. A copied cookie cannot be renewed without it, and no page's script can " +
    "reach it; a program that reads this browser's files can copy it.",
  browser: "The browser registered this key by itself. Nothing proves that it sits in hardware.",
  attested: "A TPM of a listed maker holds this key, and it was proved that the key cannot leave it.",
};

/** What to show while the server cannot be asked. */
export const UNREACHABLE = {
  label: "Unknown",
  meaning: "The server did not answer. The page asks again when you come back to it or send something.",
  action: null,
};

/**
 * What a session state means and what to do about it.
 *
 * @param {unknown} state as `GET /session` reports it
 * @returns {SessionSaid}
 */
export function describeState(state) {
  const known = typeof state === "string" && Object.hasOwn(STATES, state) ? STATES[state] : undefined;
  return known ?? UNREACHABLE;
}

/**
 * @param {unknown} provenance as `GET /session` reports it
 * @returns {string}
 */
export function describeProvenance(provenance) {
  const known = typeof provenance === "string" && Object.hasOwn(PROVENANCES, provenance);
  return (known && PROVENANCES[/** @type {string} */ (provenance)]) || "–";
}

/**
 * What the kind of key protects from, and what not.
 *
 * @param {unknown} provenance as `GET /session` reports it
 * @returns {string} empty where there is nothing to say
 */
export function explainProvenance(provenance) {
  const known = typeof provenance === "string" && Object.hasOwn(PROVENANCE_NOTES, provenance);
  return (known && PROVENANCE_NOTES[/** @type {string} */ (provenance)]) || "";
}

/** Every state and provenance with its label, for the test that holds the templates to them. */
export const LABELS = {
  states: Object.fromEntries(Object.entries(STATES).map(([state, { label }]) => [state, label])),
  provenances: PROVENANCES,
  notes: PROVENANCE_NOTES,
};
