// @ts-check
import { schemefulSite } from "../protocol/site.js";
import { wereCleared, withoutExpired } from "./witnesses.js";

/** @typedef {import("./types.js").SessionRecord} SessionRecord */

/** Chromium's kSessionTtl: 400 days since the last use. */
const UNUSED_MS = 400 * 24 * 60 * 60 * 1000;

/** Ends sessions for every reason but the answer to a refresh: key first, then what shows it. */
export class Endings {
  #records;
  #notes;
  #ports;

  /**
   * @param {import("./records.js").Records} records
   * @param {import("./notes.js").Notes} notes
   * @param {import("./types.js").Ports} ports
   */
  constructor(records, notes, ports) {
    this.#records = records;
    this.#notes = notes;
    this.#ports = ports;
  }

  /**
   * @param {SessionRecord} record
   * @param {string} code  why, as the popup is told it
   */
  async end(record, code) {
    if (!(await this.#records.remove(record))) return;
    const left = this.#records.all().some(({ origin }) => origin === record.origin);
    if (!left) await this.#notes.put({ origin: record.origin, state: "ended", code, at: this.#ports.now() });
    this.#ports.changed(record.origin);
  }

  /**
   * `Clear-Site-Data` on an answer: cookies are the whole registrable domain's, storage is the origin's (DBSC §10).
   *
   * @param {string} url  of the answer
   * @param {{cookies: boolean, storage: boolean}} cleared
   */
  async cleared(url, cleared) {
    const [site, { origin }] = [schemefulSite(url), new URL(url)];
    const gone = this.#records.all().filter(
      (record) =>
        (cleared.cookies && record.site === site) || (cleared.storage && record.instructions.scope.origin === origin),
    );
    await Promise.all(gone.map((record) => this.end(record, "SignedOut")));
  }

  /**
   * A server that expires cookies itself has not cleared them.
   *
   * @param {string} url  of the answer
   * @param {string[]} setCookies
   */
  async expired(url, setCookies) {
    const site = schemefulSite(url);
    for (const record of this.#records.all()) {
      if (record.site !== site) continue;
      const witnesses = withoutExpired(record.witnesses, setCookies);
      if (witnesses.length < record.witnesses.length) await this.#records.change(record, { witnesses });
    }
  }

  /**
   * End the session if the user has cleared the cookies of its site.
   *
   * @param {SessionRecord} record
   * @returns {Promise<boolean>}
   */
  async checkCookies(record) {
    const cookies = await this.#ports.cookiesOf(record.site);
    const current = this.#records.current(record);
    if (!current || !wereCleared(current.witnesses, cookies, this.#ports.now())) return false;
    await this.end(current, "Cleared");
    return true;
  }

  /** End what nobody has used for so long that Chromium would. */
  async forgetUnused() {
    const oldest = this.#ports.now() - UNUSED_MS;
    for (const record of this.#records.all()) if (record.lastUsed < oldest) await this.end(record, "Expired");
  }

  /** @param {(record: SessionRecord) => boolean} which */
  async checkAll(which = () => true) {
    await this.#records.ready;
    for (const record of this.#records.all().filter(which)) await this.checkCookies(record);
  }
}
