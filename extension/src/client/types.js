// @ts-check

/**
 * What is kept of a session, key and all.
 *
 * @typedef {object} SessionRecord
 * @property {string} site  schemeful site of the scope: "https://example.com"
 * @property {string} id  the server's identifier
 * @property {CryptoKeyPair} pair  not extractable
 * @property {string} thumbprint  of the public key (RFC 7638); tells a session from a later one of the same id
 * @property {string} origin  whose answer offered the session
 * @property {Instructions} instructions
 * @property {number} since  times are in milliseconds since 1970
 * @property {number} lastRenewal  registration included
 * @property {number | null} expires  when the first of the credentials does; null where none has an end
 * @property {number} lastUsed  last request of a page within the scope
 * @property {string | null} challenge  to be signed next
 * @property {number[]} signatures  when proofs were signed
 * @property {import("../protocol/backoff.js").BackOff} backOff
 * @property {{code: string, at: number} | null} trouble  why the last refresh came to nothing; null where it did not
 * @property {CookieMark[]} witnesses  persistent cookies of the site at the last success
 */

/** @typedef {import("../protocol/types.js").Instructions} Instructions */
/** @typedef {import("../protocol/types.js").Offer} Offer */

/**
 * A cookie as far as it shows whether the user has cleared them.
 *
 * @typedef {{name: string, domain: string, path: string, until: number}} CookieMark
 */

/** @typedef {import("../protocol/types.js").Cookie & {value: string}} Cookie */

/**
 * An offer that is waiting for its registration. It is on disk, for the background may be ended at any moment.
 *
 * @typedef {object} PendingOffer
 * @property {string} key
 * @property {Offer} offer
 * @property {string} origin  of the answer that made the offer
 * @property {string} url  where to register
 * @property {number} seen
 * @property {number} due  before which the browser's own DBSC is given the chance
 * @property {CryptoKeyPair | null} pair  made before it is used: a request that is repeated shows the same key
 */

/**
 * @typedef {object} Note  why a site is as it is
 * @property {string} origin
 * @property {"native" | "taken" | "ended" | "failed"} state
 * @property {string} code
 * @property {number} at
 */

/**
 * @typedef {object} Answer  to a request of the extension's own
 * @property {number} status
 * @property {string} url  of the last redirect
 * @property {string[]} challenges  values of `Secure-Session-Challenge`
 * @property {string[]} clearSiteData  values of `Clear-Site-Data`
 * @property {string} body
 */

/**
 * What the client needs of the browser. Everything else is plain JavaScript and runs in tests.
 *
 * @typedef {object} Ports
 * @property {() => number} now  milliseconds
 * @property {() => number} random  0 to 1
 * @property {(ms: number, task: () => void) => void} after
 * @property {number} patience  milliseconds that the browser's own DBSC gets after an offer
 * @property {boolean} holds  the browser holds requests, so that nothing has to be renewed before it is used
 * @property {(url: string, options: {headers: Record<string, string>, sessionId?: string, signal: AbortSignal}) =>
 *   Promise<Answer>} post  rejects where no answer comes
 * @property {(url: string, signal: AbortSignal) => Promise<{status: number, body: string}>} read  without cookies
 * @property {(url: string) => Promise<Cookie[]>} cookiesFor  every cookie of the jar that goes to this URL
 * @property {(site: string) => Promise<Cookie[]>} cookiesOf  every cookie of a schemeful site
 * @property {(origin: string) => Promise<boolean>} isOn  the user has chosen this origin, and permission is there
 * @property {(url: string) => Promise<boolean>} isPermitted
 * @property {(origin: string, since: number) => boolean} browserRegistered  a key of the browser's own shows itself
 * @property {(site: string) => Promise<boolean>} isOpen  a tab shows a page of this schemeful site
 * @property {(origin: string) => void} changed  something about this origin should be shown anew
 * @property {(dues: Map<string, number>) => void} wake  be called when each of these is due, whatever is ended before
 */

/**
 * @template T
 * @typedef {object} Disk
 * @property {() => Promise<T[]>} all
 * @property {(value: T) => Promise<void>} put
 * @property {(value: T) => Promise<void>} remove
 */

export {};
