// @ts-check

/** @typedef {{event: string, data: string}} SseEvent */

/** A line or an event grew beyond what this parser keeps. */
export class SseOverflow extends Error {}

/**
 * An incremental parser of `text/event-stream` (HTML Living Standard §9.2.6) without reconnection: `id` and `retry`
 * are read and dropped. Text may be cut anywhere, also between CR and LF. What the end of the stream cuts off is
 * never dispatched, as the standard says.
 */
export class SseParser {
  #rest = "";
  #atStart = true;
  #event = "";
  #data = "";
  #hasData = false;
  #maxChars;

  /** @param {{maxChars?: number}} [limits] most characters of one line, and of one event's data */
  constructor({ maxChars = 4_194_304 } = {}) {
    this.#maxChars = maxChars;
  }

  /**
   * Take the next piece of the stream.
   *
   * @param {string} chunk decoded text
   * @returns {SseEvent[]} the events it completed
   * @throws {SseOverflow}
   */
  push(chunk) {
    let text = this.#rest + chunk;
    if (this.#atStart && text) {
      this.#atStart = false;
      if (text.startsWith("\uFEFF")) text = text.slice(1);
    }
    /** @type {SseEvent[]} */
    const events = [];
    let start = 0;
    for (const match of text.matchAll(/\r\n|\n|\r/g)) {
      // A CR at the very end may be the first half of CR LF.
      if (match[0] === "\r" && match.index === text.length - 1) break;
      this.#line(text.slice(start, match.index), events);
      start = match.index + match[0].length;
    }
    this.#rest = text.slice(start);
    this.#guard(this.#rest.length);
    return events;
  }

  /**
   * Say that the stream is over: a line that ended in a lone CR is complete after all.
   *
   * @returns {SseEvent[]}
   */
  end() {
    return this.#rest.endsWith("\r") ? this.push("\n") : [];
  }

  /**
   * @param {string} line
   * @param {SseEvent[]} events
   */
  #line(line, events) {
    if (line === "") return this.#dispatch(events);
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    if (field !== "data") return undefined;
    this.#data += this.#hasData ? `\n${value}` : value;
    this.#hasData = true;
    return this.#guard(this.#data.length);
  }

  /** @param {SseEvent[]} events */
  #dispatch(events) {
    if (this.#hasData) events.push({ event: this.#event || "message", data: this.#data });
    this.#event = "";
    this.#data = "";
    this.#hasData = false;
  }

  /** @param {number} length */
  #guard(length) {
    if (length > this.#maxChars) throw new SseOverflow(`an event is longer than ${this.#maxChars} characters`);
  }
}
