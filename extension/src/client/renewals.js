// @ts-check
import { inUse, renewalDue } from "./life.js";

/** @typedef {import("./types.js").SessionRecord} SessionRecord */

/** Renews sessions before they run out, where a request cannot be held until they are renewed. */
export class Renewals {
  #records;
  #refresher;
  #ports;

  /**
   * @param {import("./records.js").Records} records
   * @param {import("./refresher.js").Refresher} refresher
   * @param {import("./types.js").Ports} ports
   */
  constructor(records, refresher, ports) {
    this.#records = records;
    this.#refresher = refresher;
    this.#ports = ports;
  }

  /** Ask to be called when sessions are due. */
  plan() {
    if (this.#ports.holds) return;
    const dues = this.#records.all().flatMap((record) => {
      const due = this.#due(record);
      return due === null ? [] : [/** @type {const} */ ([record.thumbprint, due])];
    });
    this.#ports.wake(new Map(dues));
  }

  /** Renew what is due, when the browser or the computer comes back. */
  async catchUp() {
    await this.#records.ready;
    if (this.#ports.holds) return;
    const now = this.#ports.now();
    for (const record of this.#records.all()) if ((this.#due(record) ?? Infinity) <= now) await this.#renew(record);
    this.plan();
  }

  /**
   * The time that was asked for has come.
   *
   * @param {string} thumbprint
   */
  async due(thumbprint) {
    await this.#records.ready;
    const record = this.#records.all().find((each) => each.thumbprint === thumbprint);
    if (record) await this.#renew(record);
    this.plan();
  }

  /** @param {SessionRecord} record */
  async #renew(record) {
    if (await this.#isWanted(record)) await this.#refresher.refresh(record);
    // Nobody is there to miss it: it is renewed when the site is used again.
    else await this.#records.change(record, { expires: null });
  }

  /**
   * A page is about to use a session that is near its end. Nothing waits for this.
   *
   * @param {SessionRecord} record
   * @returns {Promise<void>}
   */
  async ahead(record) {
    const due = renewalDue(record, this.#ports.holds);
    if (due !== null && due <= this.#ports.now()) await this.#refresher.refresh(record);
  }

  /**
   * @param {SessionRecord} record
   * @returns {number | null}
   */
  #due(record) {
    const due = renewalDue(record, this.#ports.holds);
    return due === null ? null : Math.max(due, record.backOff.until);
  }

  /**
   * @param {SessionRecord} record
   * @returns {Promise<boolean>}
   */
  async #isWanted(record) {
    if (!(await this.#ports.isOn(record.origin))) return false;
    return inUse(record, this.#ports.now()) || this.#ports.isOpen(record.site);
  }
}
