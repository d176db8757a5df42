// @ts-check

/** Work of the same name is done one after the other. */
export class Turns {
  /** @type {Map<string, Promise<unknown>>} */
  #last = new Map();

  /**
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} work
   * @returns {Promise<T>} what the work gives, or its error
   */
  async take(name, work) {
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(work, work);
    this.#last.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    }
  }
}

/** Work of the same name that is under way is shared. */
export class Flights {
  /** @type {Map<string, Promise<any>>} */
  #under = new Map();

  /**
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  share(name, work) {
    const running = this.#under.get(name);
    if (running) return running;
    const flight = work().finally(() => this.#under.delete(name));
    this.#under.set(name, flight);
    return flight;
  }
}
