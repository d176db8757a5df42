// @ts-check
// Rules for these texts: claim no more than the extension knows. Its own key is software and can be copied with the
// profile; of the browser's own key it knows only that somebody was first. Texts are named here, not written.

/** @typedef {import("./ask.js").SiteStatus} SiteStatus */
/** @typedef {import("./ask.js").Session} Session */

/**
 * What there is to say of a site at one glance. `icon` is also the name of its toolbar icon; `renew` the label of
 * the button that renews, where the popup offers it.
 *
 * @typedef {{
 *   icon: "off" | "none" | "bound" | "warning" | "native", look: string, head: string, meaning: string,
 *   limit: string | null, key: string | null, renew: string | null,
 * }} Said
 */

/** @type {Record<string, Said["icon"]>} */
const ICONS = {
  off: "off", none: "none", waiting: "none", bound: "bound", native: "native", ended: "none",
  failed: "warning", unreachable: "warning", taken: "warning", unpermitted: "warning", unsupported: "off", unknown: "warning",
};

const KEYS = new Map([["software", "key_software"], ["browser", "key_browser"]]);

/** Every state that the background reports; each has a headline, a meaning and a tooltip of the icon. */
export const STATES = ["off", "none", "waiting", "bound", "unreachable", "native", "taken", "ended"];

/** What the person did, or had done: no reason to say of a site without a key that something failed. */
const ENDINGS = ["Cleared", "SignedOut", "SwitchedOff", "Forgotten"];

/**
 * @param {SiteStatus | null} status null where nobody answered
 * @returns {Said}
 */
export function describe(status) {
  const look = lookOf(status);
  return {
    look,
    icon: ICONS[look] ?? "warning",
    head: `head_${look}`,
    meaning: `mean_${look}`,
    limit: look === "bound" && status?.key === "software" ? "limit_software" : null,
    key: keyLabel(look, status),
    renew: look === "unreachable" ? "try_again" : null,
  };
}

/**
 * Whether the switch is on, and whether it can be used at all.
 *
 * @param {SiteStatus | null} status
 * @returns {{on: boolean, usable: boolean}}
 */
export function switchOf(status) {
  return { on: Boolean(status?.enabled && status.permitted), usable: Boolean(status?.supported) };
}

/**
 * @typedef {{label: string, time: number | null, absent: string, ahead: boolean}} Moment a fact that is a time; `absent`
 *   names what stands there where there is none
 */

/**
 * The times of one key.
 *
 * @param {Session} session
 * @returns {Moment[]}
 */
export function moments({ since, lastRenewal, nextRenewal }) {
  return [
    { label: "fact_since", time: since, absent: "last_never", ahead: false },
    { label: "fact_last", time: lastRenewal, absent: "last_never", ahead: false },
    { label: "fact_next", time: nextRenewal, absent: "next_on_use", ahead: true },
  ];
}

/**
 * The key that was used last, or made last.
 *
 * @param {Session[]} sessions
 * @returns {Session | null}
 */
export function newest(sessions) {
  const used = (/** @type {Session} */ { since, lastRenewal }) => Math.max(since, lastRenewal ?? 0);
  return [...sessions].sort((one, other) => used(other) - used(one))[0] ?? null;
}

/** @param {SiteStatus | null} status */
function lookOf(status) {
  if (!status) return "unknown";
  if (!status.supported) return "unsupported";
  if (!status.enabled) return "off";
  if (!status.permitted) return "unpermitted";
  if (status.state === "none" && status.note && !ENDINGS.includes(status.note.code)) return "failed";
  return STATES.includes(status.state) ? status.state : "unknown";
}

/**
 * @param {string} look
 * @param {SiteStatus | null} status
 */
function keyLabel(look, status) {
  if (!["none", "failed", "bound", "unreachable", "native", "ended"].includes(look)) return null;
  return KEYS.get(status?.key ?? "") ?? "key_none";
}
