// @ts-check

/**
 * The browser's interface to extensions. Chromium knows `browser` only in newer versions.
 *
 * @type {import("webextension-polyfill").Browser & Record<string, any>}
 */
export const api = /** @type {any} */ (globalThis)["browser"] ?? /** @type {any} */ (globalThis)["chrome"];

/** Where this extension's own pages and requests come from. */
export const OWN_ORIGIN = api.runtime.getURL("").replace(/\/$/, "");

/** Firefox can hold a request until a promise settles; Chromium cannot. */
export const HOLDS = OWN_ORIGIN.startsWith("moz-extension:");

/** The cookie store that ordinary windows use outside containers. */
export const ORDINARY_STORE = HOLDS ? "firefox-default" : "0";

/** Origins that the extension may ever act on. */
export const EVERYWHERE = ["https://*/*"];
