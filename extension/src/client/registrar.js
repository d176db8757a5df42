// @ts-check
import { NO_BACKOFF } from "../protocol/backoff.js";
import { readClearSiteData } from "../protocol/headers.js";
import { judgeRegistration } from "../protocol/outcome.js";
import { makeKey, publicJwk, signProof, thumbprint } from "../protocol/proof.js";
import { resolveOffer, schemefulSite } from "../protocol/site.js";
import { firstEnd } from "./life.js";
import { firstChallenge, obstacle, postProof, problemCode, siteProblem } from "./registration.js";
import { maySign } from "./signing.js";
import { Turns } from "./turns.js";
import { witnesses } from "./witnesses.js";

/** @typedef {import("./types.js").PendingOffer} PendingOffer */
/** @typedef {import("./types.js").Offer} Offer */
/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Instructions} Instructions */

/** An offer that could not be tried for so long is not tried any more. */
const OFFER_LIFE_MS = 5 * 60 * 1000;

/** Takes offers and registers keys (DBSC §8.7), one at a time for each site. */
export class Registrar {
  #turns = new Turns();
  #records;
  #offers;
  #notes;
  #ports;

  /**
   * @param {import("./records.js").Records} records
   * @param {import("./offers.js").Offers} offers
   * @param {import("./notes.js").Notes} notes
   * @param {import("./types.js").Ports} ports
   */
  constructor(records, offers, notes, ports) {
    this.#records = records;
    this.#offers = offers;
    this.#notes = notes;
    this.#ports = ports;
  }

  /**
   * An answer of a site that the user has chosen offers a session.
   *
   * @param {Offer} offer
   * @param {string} responseUrl
   */
  async offered(offer, responseUrl) {
    const { origin } = new URL(responseUrl);
    const now = this.#ports.now();
    const why = obstacle(offer, responseUrl);
    if (why) {
      await this.#note(origin, "failed", why);
      return;
    }
    const url = resolveOffer(offer, responseUrl).href;
    const key = `${url} ${offer.challenge} ${offer.authorization}`;
    if (this.#offers.find(key)) return;
    await this.#offers.put({ key, offer, origin, url, seen: now, due: now + this.#ports.patience, pair: null });
    this.#ports.changed(origin);
    this.#plan(key, this.#ports.patience);
  }

  /** Go on with what an earlier life of the background has left. */
  async resume() {
    await this.#offers.ready;
    const now = this.#ports.now();
    for (const { key, due } of this.#offers.all()) this.#plan(key, Math.max(due - now, 0));
  }

  /**
   * @param {string} origin
   * @returns {boolean} whether an offer of this origin is being taken
   */
  isWaiting(origin) {
    return this.#offers.all().some((pending) => pending.origin === origin);
  }

  /**
   * Forget offers; what is being registered is not kept.
   *
   * @param {(pending: PendingOffer) => boolean} which
   */
  async forget(which) {
    for (const pending of this.#offers.all().filter(which)) await this.#offers.remove(pending);
  }

  /**
   * @param {string} key
   * @param {number} ms
   */
  #plan(key, ms) {
    const take = () => void this.#take(key).catch((error) => console.error("registration", error));
    if (ms === 0) take();
    else this.#ports.after(ms, take);
  }

  /** @param {string} key */
  async #take(key) {
    const site = schemefulSite(this.#offers.find(key)?.url ?? "");
    await this.#turns.take(site, async () => {
      const pending = this.#offers.find(key);
      if (!pending) return;
      try {
        if (await this.#isWelcome(pending)) await this.#register(pending);
      } finally {
        await this.#offers.remove(pending);
        this.#ports.changed(pending.origin);
      }
    });
  }

  /**
   * @param {PendingOffer} pending
   * @returns {Promise<boolean>} whether there is still a reason to register
   */
  async #isWelcome({ origin, url, seen }) {
    const now = this.#ports.now();
    if (now - seen > OFFER_LIFE_MS || !(await this.#ports.isOn(origin))) return false;
    if (this.#ports.browserRegistered(origin, seen)) return this.#note(origin, "native", "native");
    if (!(await this.#ports.isPermitted(url))) return this.#note(origin, "failed", "Unpermitted");
    if (!maySign(this.#records.all(), schemefulSite(url), now)) return this.#note(origin, "failed", "Quota");
    return true;
  }

  /** @param {PendingOffer} pending */
  async #register(pending) {
    const { origin, offer, url } = pending;
    const pair = pending.pair ?? (await makeKey());
    if (!this.#offers.find(pending.key)) return false;
    await this.#offers.put({ ...pending, pair });
    const { challenge, authorization } = offer;
    const proof = await signProof({ pair, challenge, authorization, register: true });
    const answer = await postProof(this.#ports, url, proof);
    const cleared = readClearSiteData(answer.clearSiteData);
    if (cleared.cookies || cleared.storage) return this.#note(origin, "ended", "SignedOut");
    const { reason, instructions } = judgeRegistration({ ...answer, servingUrl: answer.url });
    if (!instructions) return this.#refused(origin, answer, reason);
    const problem = await siteProblem(this.#ports, instructions, answer.url);
    // The user may have signed out, or switched the site off, while the server was thinking.
    if (!this.#offers.find(pending.key)) return false;
    if (problem) return this.#note(origin, "failed", problem);
    return this.#keep(pending, pair, instructions, answer);
  }

  /**
   * @param {PendingOffer} pending
   * @param {CryptoKeyPair} pair
   * @param {Instructions} instructions
   * @param {Answer} answer
   */
  async #keep({ origin }, pair, instructions, answer) {
    const site = schemefulSite(instructions.scope.origin);
    const cookies = await this.#ports.cookiesOf(site);
    const now = this.#ports.now();
    await this.#records.put({
      site,
      id: instructions.sessionId,
      pair,
      thumbprint: await thumbprint(await publicJwk(pair)),
      origin,
      instructions,
      since: now,
      lastRenewal: now,
      expires: firstEnd(instructions, cookies, now),
      lastUsed: now,
      // DBSC §8.7: challenges of the answer count once the session exists.
      challenge: firstChallenge(answer, instructions.sessionId),
      signatures: [now],
      backOff: NO_BACKOFF,
      trouble: null,
      witnesses: witnesses(cookies),
    });
    await this.#notes.remove(origin);
    return true;
  }

  /**
   * @param {string} origin
   * @param {Answer} answer
   * @param {string} reason
   * @returns {Promise<boolean>}
   */
  async #refused(origin, { status, body }, reason) {
    if (status !== 409 || problemCode(body) !== "second_key") return this.#note(origin, "failed", reason);
    // Boundgate keeps the first key. If that is one of ours, there is nothing to tell.
    if (this.#records.all().some((record) => record.origin === origin)) return false;
    return this.#note(origin, this.#ports.holds ? "taken" : "native", "second_key");
  }

  /**
   * @param {string} origin
   * @param {import("./types.js").Note["state"]} state
   * @param {string} code
   * @returns {Promise<false>}
   */
  async #note(origin, state, code) {
    await this.#notes.put({ origin, state, code, at: this.#ports.now() });
    this.#ports.changed(origin);
    return false;
  }
}
