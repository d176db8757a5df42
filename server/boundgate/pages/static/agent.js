// @ts-check

// In order: the more specific first, since Edge also says Chrome and Chrome also says Safari.
/** @type {Array<[RegExp, string]>} */
const BROWSERS = [
  [/\bEdg(?:A|iOS)?\/(\d+)/, "Edge"],
  [/\bOPR\/(\d+)/, "Opera"],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/\b(?:HeadlessChrome|Chrome|CriOS|Chromium)\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+)[.\d]* .*Safari\//, "Safari"],
];

/** @type {Array<[RegExp, string]>} */
const SYSTEMS = [
  [/\bWindows\b/, "Windows"],
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bMacintosh\b/, "macOS"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

/**
 * What a User-Agent header claims, in short. A claim only: nothing is decided by it.
 *
 * @param {string} userAgent
 * @returns {{browser: string, version: string, system: string}} empty strings where unknown
 */
export function describeAgent(userAgent) {
  const agent = userAgent.slice(0, 512);
  const found = BROWSERS.map(([pattern, name]) => ({ name, match: pattern.exec(agent) })).find(({ match }) => match);
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent));
  return { browser: found?.name ?? "", version: found?.match?.[1] ?? "", system: system?.[1] ?? "" };
}

/**
 * @param {string} userAgent
 * @returns {string} such as "Chrome 156 on Linux", or the header itself where it is not understood
 */
export function agentText(userAgent) {
  const { browser, version, system } = describeAgent(userAgent);
  if (!browser) return userAgent || "Unknown browser";
  return system ? `${browser} ${version} on ${system}` : `${browser} ${version}`;
}
