// Ours, not the package's: its own types need tldts-core. Only what site.js uses.
export function getDomain(
  host: string,
  options: { allowPrivateDomains: boolean; extractHostname: boolean; validateHostname: boolean },
): string | null;
