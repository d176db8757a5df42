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
 * What one call of a model costs.
 *
 * @param {Record<string, unknown>} price `boundgate` member of an entry of /v1/models
 * @returns {string} such as "$2.00 a call" or "$0.25 in, $2.00 out per million tokens"
 */
export function priceText(price) {
  const call = price["price_per_call_micro_usd"];
  const input = price["input_per_million_micro_usd"];
  const output = price["output_per_million_micro_usd"];
  const parts = [];
  if (call) parts.push(`${formatMicroUsd(call)} a call`);
  const million = `${formatMicroUsd(input ?? 0)} in, ${formatMicroUsd(output ?? 0)} out per million tokens`;
  if (input || output) parts.push(million);
  return parts.join(" + ") || "no charge";
}

/**
 * @param {unknown} calls
 * @returns {string} such as "3 calls in this session"
 */
export function callsText(calls) {
  return calls === 1 ? "1 call in this session" : `${Number(calls) || 0} calls in this session`;
}
