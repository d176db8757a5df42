// @ts-check
import { NO_BACKOFF, afterError, mayAsk } from "../protocol/backoff.js";
import { readChallenges, readClearSiteData } from "../protocol/headers.js";
import { judgeRefresh } from "../protocol/outcome.js";
import { signProof } from "../protocol/proof.js";
import { firstEnd } from "./life.js";
import { maySign, recent } from "./signing.js";
import { Flights } from "./turns.js";
import { witnesses } from "./witnesses.js";

/** @typedef {import("./types.js").SessionRecord} SessionRecord */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("../protocol/outcome.js").RefreshOutcome} RefreshOutcome */

/** How long a server may take (Chromium's limit for a refresh). */
export const LIMIT_MS = 20_000;

/** Refreshes sessions, each by one request at a time (DBSC §8.8). */
export class Refresher {
  #records;
  #endings;
  #ports;
  #flights = new Flights();
  /** @type {Map<string, AbortController>} */
  #running = new Map();

  /**
   * @param {import("./records.js").Records} records
   * @param {import("./endings.js").Endings} endings
   * @param {import("./types.js").Ports} ports
   */
  constructor(records, endings, ports) {
    this.#records = records;
    this.#endings = endings;
    this.#ports = ports;
    // An answer that comes after the end could bring cookies back.
    records.onRemoved = ({ thumbprint }) => this.#running.get(thumbprint)?.abort();
  }

  /**
   * Refresh a session, or wait for the refresh that is under way. Never rejects.
   *
   * @param {SessionRecord} record
   * @param {{now?: boolean}} [options]  `now`: the user asks for it, whatever failed before
   * @returns {Promise<"refreshed" | "kept" | "ended">}
   */
  refresh(record, { now = false } = {}) {
    return this.#flights.share(record.thumbprint, () => this.#refresh(record, now));
  }

  /**
   * @param {SessionRecord} record
   * @param {boolean} now
   * @returns {Promise<"refreshed" | "kept" | "ended">}
   */
  async #refresh(record, now) {
    try {
      const current = this.#records.current(record);
      if (!current || (await this.#endings.checkCookies(current))) return "ended";
      if (!now && !mayAsk(current.backOff, this.#ports.now())) return "kept";
      const permitted = await this.#ports.isPermitted(current.instructions.refreshUrl);
      if (!permitted) return this.#failed(current, "Unpermitted");
      return await this.#converse(current);
    } catch (error) {
      console.error("refresh", error);
      return "kept";
    }
  }

  /**
   * Ask, and sign what the server asks for, until one of both has enough.
   *
   * @param {SessionRecord} begun
   * @returns {Promise<"refreshed" | "kept" | "ended">}
   */
  async #converse(begun) {
    for (let attempts = 0; ; ) {
      const record = this.#records.current(begun);
      if (!record) return "ended";
      const { challenge } = record;
      if (challenge !== null && !maySign(this.#records.all(), record.site, this.#ports.now())) {
        return this.#failed(record, "Quota");
      }
      const answer = await this.#ask(record, challenge);
      if (challenge !== null) attempts += 1;
      const outcome = judgeRefresh({
        status: answer.status,
        body: answer.body,
        servingUrl: answer.url,
        challenges: readChallenges(answer.challenges),
        sessionId: record.id,
        attempts,
        cached: this.#cached(record, challenge),
      });
      const settled = await this.#settle(record, challenge, outcome, answer);
      if (settled !== "retry") return settled;
    }
  }

  /**
   * @param {SessionRecord} record
   * @param {string | null} challenge
   * @returns {Promise<Answer>} of status 0 where none came
   */
  async #ask(record, challenge) {
    const { id, instructions, thumbprint } = record;
    const headers = challenge === null ? {} : { "Secure-Session-Response": await this.#sign(record, challenge) };
    const controller = new AbortController();
    const limit = setTimeout(() => controller.abort(), LIMIT_MS);
    this.#running.set(thumbprint, controller);
    try {
      if (!this.#records.current(record)) throw new DOMException("ended", "AbortError");
      return await this.#ports.post(instructions.refreshUrl, { headers, sessionId: id, signal: controller.signal });
    } catch {
      return { status: 0, url: instructions.refreshUrl, challenges: [], clearSiteData: [], body: "" };
    } finally {
      clearTimeout(limit);
      this.#running.delete(thumbprint);
    }
  }

  /**
   * @param {SessionRecord} record
   * @param {string} challenge
   * @returns {Promise<string>}
   */
  async #sign(record, challenge) {
    const now = this.#ports.now();
    await this.#records.change(record, { signatures: [...recent(record.signatures, now), now] });
    return signProof({ pair: record.pair, challenge, register: false });
  }

  /**
   * @param {SessionRecord} record
   * @param {string | null} used  the challenge that was signed
   * @param {RefreshOutcome} outcome
   * @param {Answer} answer
   * @returns {Promise<"refreshed" | "kept" | "ended" | "retry">}
   */
  async #settle(record, used, outcome, answer) {
    const cleared = readClearSiteData(answer.clearSiteData);
    if (cleared.cookies || cleared.storage) await this.#endings.cleared(answer.url, cleared);
    const { kind, reason, instructions } = outcome;
    const challenge = outcome.challenge ?? this.#cached(record, used);
    if (kind === "ended") await this.#endings.end(record, reason);
    if (kind === "ended") return "ended";
    if (kind === "kept") return this.#failed(record, reason, challenge);
    if (kind === "retry") return (await this.#records.change(record, { challenge })) ? "retry" : "ended";
    return this.#succeeded(record, { challenge, instructions: instructions ?? record.instructions });
  }

  /**
   * A challenge that was signed is not signed again; one that a page's answer has brought since is kept.
   *
   * @param {SessionRecord} record
   * @param {string | null} used
   * @returns {string | null}
   */
  #cached(record, used) {
    const held = this.#records.current(record)?.challenge ?? null;
    return held === used ? null : held;
  }

  /**
   * @param {SessionRecord} record
   * @param {{challenge: string | null, instructions: import("./types.js").Instructions}} news
   * @returns {Promise<"refreshed" | "ended">}
   */
  async #succeeded(record, news) {
    const cookies = await this.#ports.cookiesOf(record.site);
    const now = this.#ports.now();
    const changed = await this.#records.change(record, {
      ...news,
      lastRenewal: now,
      expires: firstEnd(news.instructions, cookies, now),
      backOff: NO_BACKOFF,
      trouble: null,
      witnesses: witnesses(cookies),
    });
    this.#ports.changed(record.origin);
    return changed ? "refreshed" : "ended";
  }

  /**
   * @param {SessionRecord} record
   * @param {string} code
   * @param {string | null} [challenge]
   * @returns {Promise<"kept">}
   */
  async #failed(record, code, challenge = record.challenge) {
    const at = this.#ports.now();
    const backOff = afterError(record.backOff, at, this.#ports.random());
    await this.#records.change(record, { trouble: { code, at }, challenge, backOff });
    this.#ports.changed(record.origin);
    return "kept";
  }
}
