// @ts-check
import { patterns } from "./sites.js";
import { api } from "./api.js";

/** @typedef {import("../client/status.js").State} State */

/** @type {Record<State, string>} */
const PICTURES = {
  off: "off",
  none: "none",
  waiting: "none",
  bound: "bound",
  unreachable: "warning",
  native: "native",
  taken: "warning",
  ended: "none",
};
const SIZES = [16, 32, 48];

/** The button of each tab shows the state of its site. */
export class Toolbar {
  #status;

  /** @param {(url: string) => Promise<import("../client/status.js").SiteStatus>} status */
  constructor(status) {
    this.#status = status;
  }

  /**
   * Something about a site has changed: show it, and tell the extension's own pages.
   *
   * @param {string} origin
   */
  changed(origin) {
    void this.#showTabs({ url: patterns(origin) });
    // Nobody may be listening.
    api.runtime.sendMessage({ verb: "changed", origin }).catch(() => {});
  }

  /** @returns {Promise<void>} */
  showAll() {
    return this.#showTabs({});
  }

  /** @param {number} tabId */
  async show(tabId) {
    try {
      // Only the pages of permitted sites have a URL here.
      const { url } = await api.tabs.get(tabId);
      const { state } = url ? await this.#status(url) : { state: /** @type {const} */ ("off") };
      const path = Object.fromEntries(SIZES.map((size) => [size, `/icons/${PICTURES[state]}-${size}.png`]));
      await api.action.setIcon({ tabId, path });
      await api.action.setTitle({ tabId, title: api.i18n.getMessage(`title_${state}`) });
    } catch {
      // The tab is gone.
    }
  }

  /** @param {{url?: string[]}} which */
  async #showTabs(which) {
    const tabs = await api.tabs.query(which);
    await Promise.all(tabs.map(({ id }) => (id === undefined ? undefined : this.show(id))));
  }
}
