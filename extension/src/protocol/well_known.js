// @ts-check
// Who may register a session of a whole site (DBSC §8.9). Asked at registration only, never on a refresh.
import { parseObject } from "./document.js";
import { parseUrl } from "./site.js";

/** @typedef {import("./types.js").Instructions} Instructions */

const PATH = "/.well-known/device-bound-sessions";

/**
 * The URL to ask, with GET and without cookies, before a session counts.
 *
 * @param {Instructions} instructions
 * @param {string} servingUrl the URL that answered the registration
 * @returns {string | null} null where the registration needs nobody's leave: anything but a session of the site,
 *   registered from below it
 */
export function needsWellKnown(instructions, servingUrl) {
  const [serving, origin] = [parseUrl(servingUrl), parseUrl(instructions.scope.origin)];
  if (serving === null || origin === null || !instructions.scope.includeSite) return null;
  if (serving.hostname === origin.hostname) return null;
  const port = serving.port === "" ? "" : `:${serving.port}`;
  return `${serving.protocol}//${origin.hostname}${port}${PATH}`;
}

/**
 * @param {string} wellKnownText the body of the answer, of status 200
 * @param {string} servingOrigin the origin that answered the registration
 * @returns {string | null} Chromium's name for why the registration fails, null where it is allowed
 */
export function wellKnownProblem(wellKnownText, servingOrigin) {
  const document = parseObject(wellKnownText);
  const { registering_origins: origins = [], relying_origins: relying = [], provider_origin: provider = "" } =
    document ?? {};
  if (document === null || !isTexts(origins) || !isTexts(relying) || typeof provider !== "string") {
    return "SubdomainRegistrationWellKnownMalformed";
  }
  // Compared as texts: a slash at the end loses.
  return origins.includes(servingOrigin) ? null : "SubdomainRegistrationUnauthorized";
}

/**
 * @param {unknown} value
 * @returns {value is string[]}
 */
function isTexts(value) {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
