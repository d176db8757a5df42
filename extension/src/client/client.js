// @ts-check
import { readChallenges, readClearSiteData, readOffers } from "../protocol/headers.js";
import { parseUrl, schemefulSite } from "../protocol/site.js";
import { Endings } from "./endings.js";
import { concerned, lacking, mayChallenge } from "./needs.js";
import { Notes } from "./notes.js";
import { Offers } from "./offers.js";
import { Records } from "./records.js";
import { Refresher } from "./refresher.js";
import { Registrar } from "./registrar.js";
import { Renewals } from "./renewals.js";
import { siteStatus } from "./status.js";

/** @typedef {import("./types.js").SessionRecord} SessionRecord */
/** @typedef {import("./types.js").Ports} Ports */

/** A request that was refused may have crossed a refresh on its way. */
const CROSSED_MS = 20_000;
/** How often a use is written down. */
const USE_MS = 60_000;

/**
 * What an answer to a page says; each is a list of field values.
 *
 * @typedef {{url: string, offers: string[], challenges: string[], clearSiteData: string[], setCookies: string[]}} Seen
 */

/** A DBSC client over ports: no browser interface, no clock and no storage of its own. */
export class Client {
  #ports;

  /**
   * @param {{sessions: import("./types.js").Disk<SessionRecord>,
   *   offers: import("./types.js").Disk<import("./types.js").PendingOffer>,
   *   notes: import("./types.js").Disk<import("./types.js").Note>}} disks
   * @param {Ports} given
   */
  constructor(disks, given) {
    /** @type {Ports} */
    const ports = { ...given, changed: (origin) => this.#changed(given, origin) };
    this.#ports = ports;
    this.records = new Records(disks.sessions);
    this.notes = new Notes(disks.notes);
    this.offers = new Offers(disks.offers);
    this.endings = new Endings(this.records, this.notes, ports);
    this.refresher = new Refresher(this.records, this.endings, ports);
    this.registrar = new Registrar(this.records, this.offers, this.notes, ports);
    this.renewals = new Renewals(this.records, this.refresher, ports);
    this.ready = Promise.all([this.records.ready, this.notes.ready, this.offers.ready]);
  }

  /** Take up what earlier lives of the background have left. */
  async start() {
    await this.ready;
    await this.registrar.resume();
    await this.endings.forgetUnused();
    await this.endings.checkAll();
    await this.renewals.catchUp();
  }

  /**
   * A page of an ordinary window got an answer.
   *
   * @param {Seen} seen
   */
  async answered({ url, offers, challenges, clearSiteData, setCookies }) {
    await this.ready;
    const cleared = readClearSiteData(clearSiteData);
    if (cleared.cookies || cleared.storage) {
      const site = schemefulSite(url);
      await this.registrar.forget((pending) => schemefulSite(pending.url) === site);
      await this.endings.cleared(url, cleared);
    }
    if (setCookies.length > 0) await this.endings.expired(url, setCookies);
    await this.#challenged(url, challenges);
    if (offers.length === 0 || !(await this.#ports.isOn(new URL(url).origin))) return;
    for (const offer of readOffers(offers)) await this.registrar.offered(offer, url);
  }

  /**
   * Challenges of a page's answer, for sessions of its site (DBSC §8.2). The last one counts.
   *
   * @param {string} url
   * @param {string[]} values
   */
  async #challenged(url, values) {
    const site = schemefulSite(url);
    for (const { challenge, sessionId } of readChallenges(values)) {
      const record = sessionId === null ? null : this.records.find(site, sessionId);
      if (record && mayChallenge(record, url)) await this.records.change(record, { challenge });
    }
  }

  /**
   * Sessions that a request refreshes where a credential is missing; the request counts as a use of them.
   *
   * @param {string} url
   * @param {string | null} initiator
   * @returns {Promise<SessionRecord[]>}
   */
  async concerned(url, initiator) {
    await this.ready;
    const found = concerned(this.records.all(), url, initiator);
    const on = await Promise.all(found.map(({ origin }) => this.#ports.isOn(origin)));
    const now = this.#ports.now();
    const used = found.filter((_, index) => on[index]);
    for (const record of used) if (now - record.lastUsed > USE_MS) void this.records.change(record, { lastUsed: now });
    return used;
  }

  /**
   * @param {readonly SessionRecord[]} records
   * @param {string} url
   * @returns {Promise<SessionRecord[]>} those of which a credential for the URL is not in the jar
   */
  async lacking(records, url) {
    if (records.length === 0) return [];
    return lacking(records, url, await this.#ports.cookiesFor(url), this.#ports.now());
  }

  /**
   * Refresh sessions, one after the other (DBSC §8.5).
   *
   * @param {readonly SessionRecord[]} records
   * @param {{now?: boolean}} [options]
   * @returns {Promise<boolean>} whether all were refreshed
   */
  async refresh(records, options) {
    let all = true;
    for (const record of records) all = (await this.refresher.refresh(record, options)) === "refreshed" && all;
    return all;
  }

  /**
   * A page of this URL's origin was refused. Refresh what it lacks.
   *
   * @param {string} url
   * @returns {Promise<boolean>} whether to ask again makes sense
   */
  async recover(url) {
    const records = await this.concerned(url, new URL(url).origin);
    const without = await this.lacking(records, url);
    if (without.length > 0) return this.refresh(without);
    const recent = this.#ports.now() - CROSSED_MS;
    return records.some(({ lastRenewal }) => lastRenewal > recent);
  }

  /**
   * @param {string} url
   * @param {{enabled: boolean, permitted: boolean}} choice
   * @returns {Promise<import("./status.js").SiteStatus>}
   */
  async status(url, choice) {
    await this.ready;
    const origin = parseUrl(url)?.origin ?? "";
    return siteStatus({
      url,
      ...choice,
      records: this.records.all(),
      waiting: this.registrar.isWaiting(origin),
      note: this.notes.find(origin),
      holds: this.#ports.holds,
    });
  }

  /**
   * End every session that an origin offered, and what waits for it.
   *
   * @param {string} origin
   * @param {string} code
   */
  async leave(origin, code) {
    await this.ready;
    await this.registrar.forget((pending) => pending.origin === origin);
    await this.notes.remove(origin);
    const gone = this.records.all().filter((record) => record.origin === origin);
    for (const record of gone) await this.endings.end(record, code);
    this.#ports.changed(origin);
  }

  /**
   * @param {Ports} given
   * @param {string} origin
   */
  #changed(given, origin) {
    this.renewals.plan();
    given.changed(origin);
  }
}
