// @ts-check

/**
 * Records that are found by a name: in memory, which decides at once, and on disk, so that they outlive the background.
 *
 * @template {object} T
 */
export class Shelf {
  /** @type {Map<string, T>} */
  #held = new Map();
  #disk;
  #name;

  /**
   * @param {import("./types.js").Disk<T>} disk
   * @param {(record: T) => string} name
   */
  constructor(disk, name) {
    this.#disk = disk;
    this.#name = name;
    this.ready = disk.all().then((records) => {
      // What has come since is newer than what was read.
      for (const record of records) if (!this.#held.has(name(record))) this.#held.set(name(record), record);
    });
  }

  /** @returns {T[]} */
  all() {
    return [...this.#held.values()];
  }

  /**
   * @param {string} name
   * @returns {T | null}
   */
  find(name) {
    return this.#held.get(name) ?? null;
  }

  /** @param {T} record */
  async put(record) {
    this.#held.set(this.#name(record), record);
    await this.#disk.put(record);
  }

  /** @param {string} name */
  async remove(name) {
    const record = this.find(name);
    if (record === null) return;
    this.#held.delete(name);
    await this.#disk.remove(record);
  }
}
