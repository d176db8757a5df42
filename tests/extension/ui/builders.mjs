// What the background tells the pages, as the tests need it.
export const NOW = Date.UTC(2026, 10, 3, 13, 5, 0);
export const ORIGIN = "https://ai.example.com";

export function session(news = {}) {
  const scope = { origin: ORIGIN, includeSite: false };
  return { id: "one", thumbprint: "0ZcOCORZNYy", since: NOW - 7_200_000, lastRenewal: NOW - 60_000, nextRenewal: NOW + 180_000, scope, ...news };
}

export function site(state, news = {}) {
  const on = state !== "off";
  const keyed = state === "bound" || state === "unreachable";
  const key = keyed ? "software" : state === "native" ? "browser" : null;
  const facts = { origin: ORIGIN, host: "ai.example.com", enabled: on, permitted: on, supported: true, state, key };
  return { ...facts, sessions: keyed ? [session()] : [], note: null, ...news };
}
