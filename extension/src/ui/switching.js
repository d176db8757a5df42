// @ts-check
import { pattern } from "./address.js";
import { ask, askSites } from "./ask.js";
import { browser } from "./browser.js";

/** @typedef {import("./ask.js").SiteStatus} SiteStatus */

/**
 * Switch a site on. To be called in the very press: browsers ask for permissions only then, and a popup may be closed
 * by that question, so the choice is noted without waiting for the answer.
 *
 * @param {string} origin
 * @returns {Promise<SiteStatus | null>} null where the browser did not give the permission
 * @throws {Error} where the background does not answer
 */
export async function switchOn(origin) {
  const asked = browser.permissions.request({ origins: [pattern(origin)] }).catch(() => false);
  const noted = ask({ verb: "enable", origin });
  const [given] = await Promise.all([asked, noted]);
  if (given) return ask({ verb: "enable", origin });
  await ask({ verb: "disable", origin });
  return null;
}

/**
 * Switch a site off: its keys go, and so does the permission.
 *
 * @param {string} origin
 * @returns {Promise<SiteStatus>} how it is afterwards
 * @throws {Error} where the background does not answer
 */
export async function switchOff(origin) {
  const status = await ask({ verb: "disable", origin });
  const given = { origins: [pattern(origin)] };
  // Sites of one host share a permission, whatever their ports.
  const shared = (await askSites()).some((site) => site.enabled && pattern(site.origin) === given.origins[0]);
  // An organisation's own build was given its sites with the installation; those cannot be given back.
  const gone = !shared && (await browser.permissions.remove(given).catch(() => false));
  return { ...status, permitted: status.permitted && !gone };
}
