// @ts-check
import { parseUrl } from "../protocol/site.js";

/** @typedef {import("./client.js").Client} Client */
/** @typedef {import("./status.js").SiteStatus} SiteStatus */

/**
 * Who sent a message, as far as it counts: one of the extension's own pages, or the script in a page of an origin.
 *
 * @typedef {{own: true} | {own: false, origin: string}} Sender
 */

/**
 * The choices of the user.
 *
 * @typedef {object} Choices
 * @property {() => Promise<Record<string, {enabled: boolean}>>} choices
 * @property {(origin: string, enabled: boolean) => Promise<void>} choose
 * @property {(origin: string) => Promise<boolean>} isChosen
 * @property {(url: string) => Promise<boolean>} isPermitted
 */

const LONGEST_URL = 8_192;

/** The only things that anybody may ask for. No verb takes anything that is signed. */
export class Verbs {
  #client;
  #sites;

  /**
   * @param {Client} client
   * @param {Choices} sites
   */
  constructor(client, sites) {
    this.#client = client;
    this.#sites = sites;
  }

  /**
   * @param {any} message
   * @param {Sender} sender
   * @returns {Promise<any> | null} null for what is not answered
   */
  answer(message, sender) {
    if (typeof message !== "object" || message === null) return null;
    const { verb, url, origin, sessionId } = message;
    if (!sender.own) return verb === "recover" ? this.#recover(url, sender.origin) : null;
    if (verb === "sites") return this.#all();
    if (verb === "status") return typeof url === "string" ? this.status(url) : null;
    if (typeof origin !== "string" || parseUrl(origin)?.origin !== origin) return null;
    if (verb === "enable") return this.#choose(origin, true);
    if (verb === "disable") return this.#choose(origin, false);
    if (verb === "renew") return this.#renew(origin);
    if (verb === "forget") return this.#forget(origin, sessionId);
    return null;
  }

  /**
   * @param {string} url
   * @returns {Promise<SiteStatus>}
   */
  async status(url) {
    const { origin, protocol } = parseUrl(url) ?? { origin: "", protocol: "" };
    const web = protocol === "https:";
    return this.#client.status(url, {
      enabled: web && (await this.#sites.isChosen(origin)),
      permitted: web && (await this.#sites.isPermitted(origin)),
    });
  }

  /** @returns {Promise<SiteStatus[]>} of all that is chosen, and of what has sessions */
  async #all() {
    await this.#client.ready;
    const chosen = Object.keys(await this.#sites.choices());
    const origins = new Set([...chosen, ...this.#client.records.all().map(({ origin }) => origin)]);
    return Promise.all([...origins].sort().map((origin) => this.status(origin)));
  }

  /**
   * @param {unknown} url
   * @param {string} origin  the page's own
   * @returns {Promise<{recovered: boolean}>}
   */
  async #recover(url, origin) {
    const fit = typeof url === "string" && url.length <= LONGEST_URL && parseUrl(url)?.origin === origin;
    return { recovered: fit && (await this.#client.recover(url)) };
  }

  /**
   * @param {string} origin
   * @param {boolean} enabled
   * @returns {Promise<SiteStatus>}
   */
  async #choose(origin, enabled) {
    await this.#sites.choose(origin, enabled);
    if (!enabled) await this.#client.leave(origin, "SwitchedOff");
    return this.status(origin);
  }

  /**
   * @param {string} origin
   * @returns {Promise<SiteStatus>}
   */
  async #renew(origin) {
    const { sessions } = await this.status(origin);
    const ids = sessions.map(({ thumbprint }) => thumbprint);
    const records = this.#client.records.all().filter(({ thumbprint }) => ids.includes(thumbprint));
    await this.#client.refresh(records, { now: true });
    return this.status(origin);
  }

  /**
   * @param {string} origin
   * @param {unknown} sessionId
   * @returns {Promise<SiteStatus>}
   */
  async #forget(origin, sessionId) {
    const { sessions } = await this.status(origin);
    const meant = sessions.find(({ id }) => id === sessionId);
    const record = this.#client.records.all().find(({ thumbprint }) => thumbprint === meant?.thumbprint);
    if (record) await this.#client.endings.end(record, "Forgotten");
    return this.status(origin);
  }
}
