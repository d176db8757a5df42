// @ts-check
import { Turns } from "../client/turns.js";
import { api } from "./api.js";

/** @typedef {Record<string, {enabled: boolean}>} Choices */

/**
 * Which sites the user has chosen. A choice counts only while the browser's permission is there. Sites of a managed
 * build stand in its manifest and count as chosen until they are switched off.
 */
export class Sites {
  /** @type {Promise<Choices> | null} */
  #choices = null;
  #turns = new Turns();
  /** @type {Map<string, Promise<boolean>>} */
  #permitted = new Map();
  #managed = /** @type {string[]} */ (api.runtime.getManifest()["host_permissions"] ?? []);

  /** Storage or permissions have changed. */
  forget() {
    this.#choices = null;
    this.#permitted.clear();
  }

  /** @returns {Promise<Choices>} by origin */
  choices() {
    this.#choices ??= api.storage.local.get("sites").then(({ sites }) => /** @type {Choices} */ (sites ?? {}));
    return this.#choices;
  }

  /**
   * @param {string} origin
   * @param {boolean} enabled
   */
  choose(origin, enabled) {
    return this.#turns.take("choices", async () => {
      const { [origin]: _, ...others } = await this.choices();
      // Of a site that is off nothing is kept, but that one of a managed build is.
      const sites = enabled || this.#isManaged(origin) ? { ...others, [origin]: { enabled } } : others;
      await api.storage.local.set({ sites });
      this.#choices = Promise.resolve(sites);
    });
  }

  /**
   * @param {string} origin
   * @returns {Promise<boolean>} whether it is chosen
   */
  async isChosen(origin) {
    return (await this.choices())[origin]?.enabled ?? this.#isManaged(origin);
  }

  /**
   * @param {string} url
   * @returns {Promise<boolean>} whether the browser lets the extension act on it
   */
  isPermitted(url) {
    const [pattern] = patterns(url);
    if (!pattern) return Promise.resolve(false);
    let known = this.#permitted.get(pattern);
    if (!known) this.#permitted.set(pattern, (known = api.permissions.contains({ origins: [pattern] })));
    return known;
  }

  /**
   * @param {string} origin
   * @returns {Promise<boolean>} both
   */
  async isOn(origin) {
    return (await this.isChosen(origin)) && this.isPermitted(origin);
  }

  /** @returns {Promise<string[]>} match patterns of all that is chosen and permitted */
  async activePatterns() {
    const choices = Object.entries(await this.choices());
    const off = choices.flatMap(([origin, { enabled }]) => (enabled ? [] : patterns(origin)));
    const on = choices.filter(([, { enabled }]) => enabled);
    const active = on.map(async ([origin]) => ((await this.isPermitted(origin)) ? patterns(origin) : []));
    const managed = this.#managed.filter((pattern) => !off.includes(pattern));
    return [...new Set([...managed, ...(await Promise.all(active)).flat()])];
  }

  /** @param {string} origin */
  #isManaged(origin) {
    const { protocol, hostname } = new URL(origin);
    return this.#managed.some((pattern) => {
      const [, scheme, host = ""] = /^([a-z]+:)\/\/([^/]+)\/\*$/.exec(pattern) ?? [];
      const below = host.startsWith("*.") && (hostname === host.slice(2) || hostname.endsWith(host.slice(1)));
      return scheme === protocol && (host === hostname || below);
    });
  }
}

/**
 * @param {string} url
 * @returns {string[]} the match pattern of its host, which cannot name a port in every browser; none where it is not
 *   https
 */
export function patterns(url) {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" ? [`https://${hostname}/*`] : [];
}
