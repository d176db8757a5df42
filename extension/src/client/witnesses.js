// @ts-check
// Whether the user has cleared the cookies of a site (DBSC §10: keys go with them). No browser tells an extension so
// in every case, so persistent cookies stand witness.

/** @typedef {import("./types.js").Cookie} Cookie */
/** @typedef {import("./types.js").CookieMark} CookieMark */

/**
 * @param {readonly Cookie[]} cookies  of the site
 * @returns {CookieMark[]} those that can only go before their time if somebody takes them away
 */
export function witnesses(cookies) {
  return cookies.flatMap(({ name, domain, path, expirationDate }) =>
    expirationDate === undefined ? [] : [{ name, domain, path, until: expirationDate * 1000 }],
  );
}

/**
 * @param {readonly CookieMark[]} marks  of the last success
 * @param {readonly Cookie[]} cookies  of the site, now
 * @param {number} now  milliseconds
 * @returns {boolean} a cookie should be there, and not one is
 */
export function wereCleared(marks, cookies, now) {
  return cookies.length === 0 && marks.some(({ until }) => until > now);
}

/**
 * What is left of the witnesses when a server takes cookies away itself, which clears nothing.
 *
 * @param {readonly CookieMark[]} marks
 * @param {readonly string[]} setCookies  values of `Set-Cookie`
 * @returns {CookieMark[]}
 */
export function withoutExpired(marks, setCookies) {
  const gone = new Set(setCookies.filter(expires).map(cookieName));
  return marks.filter(({ name }) => !gone.has(name));
}

/**
 * @param {string} setCookie
 * @returns {string} its name
 */
export function cookieName(setCookie) {
  const pair = setCookie.split(";", 1)[0] ?? "";
  return pair.slice(0, Math.max(pair.indexOf("="), 0)).trim();
}

/**
 * @param {string} setCookie
 * @returns {boolean} whether it expires its cookie
 */
function expires(setCookie) {
  // RFC 6265 §5.2.2, §5.3: Max-Age wins over Expires.
  const maxAge = /;\s*max-age\s*=\s*(-?\d+)/i.exec(setCookie);
  if (maxAge) return Number(maxAge[1]) <= 0;
  const date = /;\s*expires\s*=\s*([^;]+)/i.exec(setCookie);
  return date !== null && Date.parse(date[1] ?? "") < Date.now();
}
