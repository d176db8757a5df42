// @ts-check

/** @typedef {import("./types.js").PendingOffer} PendingOffer */

/** Offers until they are registered or refused, so that one outlives the background that saw it. */
export class Offers {
  /** @type {Map<string, PendingOffer>} */
  #held = new Map();
  #disk;

  /** @param {import("./types.js").Disk<PendingOffer>} disk */
  constructor(disk) {
    this.#disk = disk;
    this.ready = disk.all().then((offers) => {
      for (const offer of offers) if (!this.#held.has(offer.key)) this.#held.set(offer.key, offer);
    });
  }

  /** @returns {PendingOffer[]} */
  all() {
    return [...this.#held.values()];
  }

  /**
   * @param {string} key
   * @returns {PendingOffer | null}
   */
  find(key) {
    return this.#held.get(key) ?? null;
  }

  /** @param {PendingOffer} offer */
  async put(offer) {
    this.#held.set(offer.key, offer);
    await this.#disk.put(offer);
  }

  /** @param {PendingOffer} offer */
  async remove(offer) {
    this.#held.delete(offer.key);
    await this.#disk.remove(offer);
  }
}
