// @ts-check
import { Problem } from "./problems.js";

/** @typedef {{input: number, output: number}} Usage tokens */
/** @typedef {{text: string, usage: Usage | null, finish: string, problem: Problem | null, done: boolean}} Piece */

/**
 * What one `data:` of a streamed chat completion brings. Unknown members are passed over; what is not JSON or not
 * an object brings nothing.
 *
 * @param {string} data
 * @returns {Piece}
 */
export function readPiece(data) {
  if (data.trim() === "[DONE]") return { ...NOTHING, done: true };
  const chunk = parse(data);
  if (chunk === null) return NOTHING;
  if (chunk.error) return { ...NOTHING, problem: Problem.from(200, chunk) };
  const choice = Array.isArray(chunk.choices) ? chunk.choices[0] : null;
  const text = choice?.delta?.content;
  const finish = choice?.finish_reason;
  return {
    text: typeof text === "string" ? text : "",
    usage: readUsage(chunk.usage),
    finish: typeof finish === "string" ? finish : "",
    problem: null,
    done: false,
  };
}

/**
 * The line below a finished reply.
 *
 * @param {Usage | null} usage
 * @param {string} finish the model's reason to stop
 * @returns {string}
 */
export function closingText(usage, finish) {
  const end = finish === "length" ? "Cut off at its length limit" : "Complete";
  return usage ? `${end}: ${usage.input} tokens in, ${usage.output} out.` : `${end}.`;
}

/** @type {Piece} */
const NOTHING = Object.freeze({ text: "", usage: null, finish: "", problem: null, done: false });

/**
 * @param {string} data
 * @returns {any} an object, or null
 */
function parse(data) {
  try {
    const value = JSON.parse(data);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/**
 * @param {any} usage
 * @returns {Usage | null}
 */
function readUsage(usage) {
  const input = usage?.prompt_tokens;
  const output = usage?.completion_tokens;
  return Number.isInteger(input) && Number.isInteger(output) ? { input, output } : null;
}
