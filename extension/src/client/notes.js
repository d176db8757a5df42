// @ts-check

/** @typedef {import("./types.js").Note} Note */

/** Why a site has no session, or the last one is gone. One note for each origin. */
export class Notes {
  /** @type {Map<string, Note>} */
  #held = new Map();
  #disk;

  /** @param {import("./types.js").Disk<Note>} disk */
  constructor(disk) {
    this.#disk = disk;
    this.ready = disk.all().then((notes) => {
      for (const note of notes) this.#held.set(note.origin, note);
    });
  }

  /**
   * @param {string} origin
   * @returns {Note | null}
   */
  find(origin) {
    return this.#held.get(origin) ?? null;
  }

  /** @param {Note} note */
  async put(note) {
    this.#held.set(note.origin, note);
    await this.#disk.put(note);
  }

  /** @param {string} origin */
  async remove(origin) {
    const note = this.find(origin);
    if (!note) return;
    this.#held.delete(origin);
    await this.#disk.remove(note);
  }
}
