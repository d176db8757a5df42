// @ts-check
import { Problem } from "./problems.js";

const UNREACHABLE = "The server did not answer. Check your connection and try again.";

/**
 * POST a JSON document to one of our own paths.
 *
 * @param {string} path
 * @param {unknown} body
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>} the JSON answer, or null where there is none
 * @throws {Problem} where the answer is not 2xx, not JSON, or none came
 */
export async function postJson(path, body, signal) {
  return call(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
}

/**
 * GET a JSON document from one of our own paths.
 *
 * @param {string} path
 * @returns {Promise<any>}
 * @throws {Problem} as `postJson`
 */
export async function getJson(path) {
  return call(path, { headers: { accept: "application/json" }, cache: "no-store" });
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<any>}
 */
async function call(path, init) {
  const response = await fetchOrProblem(path, init);
  const body = await readJson(response);
  if (!response.ok) throw Problem.from(response.status, body);
  return body;
}

/**
 * fetch, with "no answer" as a Problem and an abort left as it is.
 *
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<Response>}
 */
export async function fetchOrProblem(path, init) {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem({ status: 0, code: "unreachable", title: "No answer", detail: UNREACHABLE });
  }
}

/**
 * @param {Response} response
 * @returns {Promise<any>} null for an empty or unreadable body
 */
export async function readJson(response) {
  try {
    return await response.json();
  } catch {
    return null;
  }
}
