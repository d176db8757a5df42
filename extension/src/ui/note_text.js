// @ts-check
// Codes are Chromium's names for what went wrong, and a few of the extension's own.

/** @type {Record<string, string>} */
const NOTES = {
  Cleared: "note_cleared",
  SignedOut: "note_signed_out",
  SwitchedOff: "note_switched_off",
  Forgotten: "note_forgotten",
  Replaced: "note_replaced",
  second_key: "note_second_key",
  Quota: "note_quota",
  SigningQuotaExceeded: "note_quota",
  ServerRequestedTermination: "note_terminated",
  InvalidChallenge: "note_proof",
  TooManyChallenges: "note_proof",
  RegistrationAttemptedChallenge: "note_proof",
  NetError: "note_network",
  unreachable: "note_network",
  server_error: "note_server",
  native: "note_native",
  Expired: "note_expired",
  ProxyError: "note_network",
  TransientHttpError: "note_server",
  PersistentHttpError: "note_refused",
  Unpermitted: "note_permission",
  UnsupportedAlgorithm: "note_algorithm",
  NoChallenge: "note_offer",
  InvalidRegistrationUrl: "note_offer",
  BoundCookieSetForbidden: "note_cookie",
};

/** @type {[RegExp, string][]} */
const FAMILIES = [
  [/Federated|RelyingParty|RelyingOrigin|SessionProvider/, "note_federated"],
  [/Signing|KeyGeneration|UnwrapKey|RestoreKey/, "note_key"],
  [/^(Invalid|Missing|Empty|Mismatched|No|Scope|RefreshUrl|RefreshInitiator|Subdomain|CrossOrigin)/, "note_rules"],
];

/**
 * @param {string} code
 * @returns {string} the key of a sentence that says what happened
 */
export function noteText(code) {
  const known = Object.hasOwn(NOTES, code) ? NOTES[code] : FAMILIES.find(([names]) => names.test(code))?.[1];
  return known ?? "note_other";
}
