// @ts-check
// The shapes that the protocol's modules hand to each other. All are plain data and survive structured cloning.

/**
 * One member of `Secure-Session-Registration` (DBSC §8.1). `algorithms` holds those that Chromium knows, the server's
 * first choice first; `path` is as it was written.
 *
 * @typedef {{algorithms: string[], path: string, challenge: string | null, authorization: string | null,
 *   federated: boolean}} Offer
 */

/** @typedef {{challenge: string, sessionId: string | null}} Challenge */

/** @typedef {{type: "include" | "exclude", domain: string, path: string}} Rule */

/** @typedef {"strict" | "lax" | "none" | "unspecified"} SameSite */

/**
 * `domain` is null for a cookie of the setting host alone, else the domain without a dot before it.
 *
 * @typedef {{domain: string | null, path: string, secure: boolean, httpOnly: boolean, sameSite: SameSite}} Attributes
 */

/**
 * A cookie that the session keeps fresh. `host` is the host that answered with the instructions: where the cookie
 * lives when its `domain` is null.
 *
 * @typedef {{name: string, host: string, attributes: Attributes}} Credential
 */

/** @typedef {{origin: string, includeSite: boolean, rules: Rule[]}} Scope */

/**
 * @typedef {{sessionId: string, refreshUrl: string, scope: Scope, credentials: Credential[],
 *   allowedRefreshInitiators: string[]}} Instructions
 */

/**
 * What is read of the browser's own `cookies.Cookie`.
 *
 * @typedef {{name: string, domain: string, hostOnly: boolean, path: string, secure: boolean, httpOnly: boolean,
 *   sameSite: string, expirationDate?: number | undefined, partitionKey?: {topLevelSite?: string | undefined} | null
 *   | undefined}} Cookie
 */

export {};
