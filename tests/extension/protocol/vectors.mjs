// The vectors that the server's Python reads too, and what their tests share.
import { readFileSync } from "node:fs";
import { readInstructions } from "../../../extension/src/protocol/instructions.js";

const PORT = "8443";

/** The cases of one file, with a port put in. */
export function vectors(name) {
  const text = readFileSync(new URL(`../../vectors/dbsc/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text.replaceAll("{port}", PORT));
}

/** Instructions of a case, as its registration makes them. */
export function registered(input) {
  const text = input.text ?? JSON.stringify(input.document);
  return readInstructions(text, { servingUrl: input.serving_url, registering: true, currentId: null });
}

const SAME_SITES = { Strict: "strict", Lax: "lax", None: "no_restriction" };

/** A cookie of `cookies.json` as a browser's `cookies` interface gives it. */
export function browserCookie(cookie) {
  return {
    name: cookie.name,
    value: "v",
    domain: cookie.domain,
    hostOnly: !cookie.domain.startsWith("."),
    path: cookie.path,
    secure: cookie.secure,
    httpOnly: cookie.http_only,
    sameSite: SAME_SITES[cookie.same_site] ?? "unspecified",
    session: cookie.expires === null,
    ...(cookie.expires === null ? {} : { expirationDate: cookie.expires }),
    ...(cookie.partition === null ? {} : { partitionKey: { topLevelSite: cookie.partition } }),
  };
}

/** Numbers that look random and are the same in every run. */
export function random(seed) {
  return (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
}
