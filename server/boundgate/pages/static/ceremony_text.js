// @ts-check
// What to say when a passkey ceremony did not come to an end. Nothing here is the person's fault.

const UNSUPPORTED =
  "This browser cannot use passkeys in the form this site needs. " +
  "Use Chrome or Edge 129, Firefox 119, Safari 18.4, or newer.";

/** @type {Record<string, string>} */
const BY_NAME = {
  NotAllowedError: "Cancelled, or it took too long. Nothing was changed; try again when you are ready.",
  InvalidStateError: "This device already holds a passkey for this account. Use it, or choose another device.",
  SecurityError: "Passkeys do not work at this address. Open the site at the address you were enrolled at.",
  NotSupportedError: "This device cannot make a passkey of the kind this site needs. Try another device.",
  ConstraintError: "This device cannot check that it is you. Set a screen lock or PIN on it, or try another device.",
};

/**
 * A sentence for a failed ceremony or request.
 *
 * @param {unknown} error what was thrown
 * @returns {string} empty where there is nothing to say, as for a ceremony that we ended ourselves
 */
export function ceremonyMessage(error) {
  const { name, message, detail } = /** @type {{name?: string, message?: string, detail?: unknown}} */ (error ?? {});
  if (name === "AbortError") return "";
  if (typeof detail === "string") return detail;
  if (name === "UnsupportedCeremony") return message ?? UNSUPPORTED;
  if (name && Object.hasOwn(BY_NAME, name)) return BY_NAME[name] ?? "";
  return "Your device could not finish this. Try again; if it keeps failing, try another passkey or device.";
}

/**
 * Why passkeys cannot be used here.
 *
 * @param {{isSecureContext: boolean, PublicKeyCredential?: unknown}} where the global object
 * @returns {string} empty where they can
 */
export function unsupportedReason(where) {
  if (!where.isSecureContext) return "Passkeys need a secure connection. Open this site with https://.";
  const api = /** @type {Record<string, unknown> | undefined} */ (where.PublicKeyCredential);
  const needed = ["parseRequestOptionsFromJSON", "parseCreationOptionsFromJSON"];
  return api && needed.every((name) => typeof api[name] === "function") ? "" : UNSUPPORTED;
}
