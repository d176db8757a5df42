// @ts-check

const MICRO = 1_000_000;

/**
 * An amount, exact: at least two decimals, up to six where they are not zero.
 *
 * @param {unknown} microUsd integer micro-dollars, not negative
 * @returns {string} such as "$2.00" or "$0.000125"; "unknown" for anything else
 */
export function formatMicroUsd(microUsd) {
  if (typeof microUsd !== "number" || !Number.isSafeInteger(microUsd) || microUsd < 0) return "unknown";
  const whole = Math.floor(microUsd / MICRO).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  const decimals = (microUsd % MICRO).toString().padStart(6, "0").replace(/0{1,4}$/, "");
  return `$${whole}.${decimals}`;
}

/**
 * What one call of a model costs, in the words that the page itself came with.
 *
 * @param {Record<string, unknown>} price `boundgate` member of an entry of /v1/models
 * @returns {string} such as "$2.00 a prompt, then $1.75 and $14.00 per million tokens in and out"
 */
export function priceText(price) {
  const call = price["price_per_call_micro_usd"];
  const input = price["input_per_million_micro_usd"];
  const output = price["output_per_million_micro_usd"];
  const parts = [];
  if (call) parts.push(`${formatMicroUsd(call)} a prompt`);
  const million = `${formatMicroUsd(input ?? 0)} and ${formatMicroUsd(output ?? 0)} per million tokens in and out`;
  if (input || output) parts.push(million);
  return parts.join(", then ") || "no charge";
}
