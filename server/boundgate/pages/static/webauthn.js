// @ts-check
import { unsupportedReason } from "./ceremony_text.js";

/** @returns {string} why passkeys cannot be used here; empty where they can */
export function passkeysUnavailable() {
  return unsupportedReason(globalThis);
}

/**
 * Ask for an assertion (WebAuthn Level 3 §5.1.4).
 *
 * @param {any} options PublicKeyCredentialRequestOptionsJSON, as the server sent them
 * @param {{signal?: AbortSignal, mediation?: CredentialMediationRequirement}} [how]
 * @returns {Promise<string>} the credential as JSON text
 * @throws {DOMException} as the browser does, see `ceremonyMessage`
 */
export async function getAssertion(options, how = {}) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return serialise(await navigator.credentials.get({ publicKey, ...how }));
}

/**
 * Create a passkey (WebAuthn Level 3 §5.1.3).
 *
 * @param {any} options PublicKeyCredentialCreationOptionsJSON, as the server sent them
 * @returns {Promise<string>} the credential as JSON text
 * @throws {DOMException} as the browser does, see `ceremonyMessage`
 */
export async function createPasskey(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return serialise(await navigator.credentials.create({ publicKey }));
}

/**
 * @param {Credential | null} credential
 * @returns {string}
 */
function serialise(credential) {
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException("no credential", "NotAllowedError");
  return JSON.stringify(credential.toJSON());
}
