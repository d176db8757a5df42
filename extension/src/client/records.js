// @ts-check

/** @typedef {import("./types.js").SessionRecord} SessionRecord */

/**
 * The sessions. What is in memory decides and changes at once; the disk follows in the same order.
 *
 * A change names the key that it is about: work that began before a session was ended or replaced changes nothing.
 */
export class Records {
  /** @type {Map<string, SessionRecord>} */
  #held = new Map();
  #disk;
  /** @type {(record: SessionRecord) => void} called as soon as a session is over or replaced */
  onRemoved = () => {};

  /** @param {import("./types.js").Disk<SessionRecord>} disk */
  constructor(disk) {
    this.#disk = disk;
    /** Settles when the sessions of earlier lives of the background are there. */
    this.ready = disk.all().then((records) => {
      for (const record of records) this.#held.set(name(record), record);
    });
  }

  /** @returns {SessionRecord[]} newest first */
  all() {
    return [...this.#held.values()].sort((one, other) => other.since - one.since);
  }

  /**
   * @param {string} site
   * @param {string} id
   * @returns {SessionRecord | null}
   */
  find(site, id) {
    return this.#held.get(name({ site, id })) ?? null;
  }

  /**
   * @param {SessionRecord} record
   * @returns {SessionRecord | null} as it is now; null where it was ended or replaced
   */
  current(record) {
    const held = this.#held.get(name(record));
    return held?.thumbprint === record.thumbprint ? held : null;
  }

  /**
   * Keep a new session; one of the same site and identifier is replaced, key and all.
   *
   * @param {SessionRecord} record
   */
  async put(record) {
    const replaced = this.#held.get(name(record));
    this.#held.set(name(record), record);
    if (replaced) this.onRemoved(replaced);
    await this.#disk.put(record);
  }

  /**
   * @param {SessionRecord} record  whose session is meant
   * @param {Partial<SessionRecord>} news
   * @returns {Promise<SessionRecord | null>} null where it was ended or replaced in the meantime
   */
  async change(record, news) {
    const held = this.current(record);
    if (!held) return null;
    const changed = { ...held, ...news };
    this.#held.set(name(record), changed);
    await this.#disk.put(changed);
    return changed;
  }

  /**
   * Forget a session and its key.
   *
   * @param {SessionRecord} record
   * @returns {Promise<boolean>} false where it was not there any more
   */
  async remove(record) {
    if (!this.current(record)) return false;
    this.#held.delete(name(record));
    this.onRemoved(record);
    await this.#disk.remove(record);
    return true;
  }
}

/** @param {{site: string, id: string}} record */
function name({ site, id }) {
  return `${site} ${id}`;
}
