// @ts-check
// Rules for this text: say what happened, then what to do; never blame; no internal words. Codes that need the
// server's own sentence (it names the field or the limit) show it, the others show ours.

/** @typedef {{label: string, href: string}} Action */
/** @typedef {{title: string, text: string, action: Action | null}} Said */

/** A refusal or failure as the server explained it. */
export class Problem extends Error {
  /** @param {{status: number, code: string, title: string, detail: string}} fields */
  constructor({ status, code, title, detail }) {
    super(detail);
    this.status = status;
    this.code = code;
    this.title = title;
    this.detail = detail;
  }

  /**
   * Read an RFC 9457 problem document or an OpenAI error envelope.
   *
   * @param {number} status
   * @param {unknown} body anything; what is not a string is passed over
   * @returns {Problem}
   */
  static from(status, body) {
    const outer = record(body);
    const inner = record(outer["error"]);
    return new Problem({
      status,
      code: text(inner["code"]) || text(outer["code"]) || `http_${status}`,
      title: text(outer["title"]) || "That did not work",
      detail: text(inner["message"]) || text(outer["detail"]) || `The server answered with status ${status}.`,
    });
  }
}

const SIGN_IN = { label: "Sign in again", href: "/" };
const RELOAD = { label: "Reload the page", href: "/playground" };

/** @type {Record<string, {title: string, text: string | null, next?: string, action?: Action}>} */
const BY_CODE = {
  binding_required: {
    title: "This browser has no key here.",
    text:
      "Paid calls need a sign-in that is bound to a key. Sign in with a browser that has Device Bound Session " +
      "Credentials, such as Chrome on Windows with a TPM, or add the Boundgate extension to this one and sign in again.",
  },
  proof_required: {
    title: "The key was not proved in time.",
    text: "Send again: your browser is asked for its key once more. If that fails, sign in again.",
    action: SIGN_IN,
  },
  // Three causes share this code: the model's tier, the browser's signing quota, a second key. The server says which.
  step_up_required: { title: "Refused for now.", text: null },
  session_revoked: {
    title: "This session has ended.",
    text: "It was ended on the server, so nothing more can be sent from it.",
    action: SIGN_IN,
  },
  invalid_token: { title: "You are not signed in.", text: "Sign in with your passkey to go on.", action: SIGN_IN },
  model_forbidden: { title: "This model is not open to you.", text: null, next: "Choose another one." },
  model_not_found: {
    title: "This model is not on the list.",
    text: null,
    next: "Reload for the present list.",
    action: RELOAD,
  },
  route_unpriced: { title: "This model has no price here.", text: null, next: "Ask an operator to add one." },
  invalid_request: { title: "The request was refused.", text: null },
  unknown_parameter: { title: "The request was refused.", text: null },
  request_too_large: { title: "The text is too long.", text: null, next: "Shorten it and send again." },
  budget_exhausted: { title: "A budget is used up.", text: null, next: "Nothing was charged for this call." },
  upstream_error: { title: "The model's provider failed.", text: null, next: "Try again in a moment." },
  overloaded: { title: "The model is overloaded.", text: null, next: "Try again in a moment." },
  upstream_timeout: { title: "The model took too long.", text: null, next: "Try again, perhaps with a shorter text." },
  unreachable: { title: "The server did not answer.", text: "Check your connection and send again." },
};

/**
 * What to tell the person about a failed call to `/v1`, with a next step.
 *
 * @param {Problem} problem
 * @param {string} [tier] of the model that was asked for
 * @returns {Said}
 */
export function explain(problem, tier) {
  const known = Object.hasOwn(BY_CODE, problem.code) ? BY_CODE[problem.code] : undefined;
  if (!known) return { title: problem.title + ".", text: problem.detail, action: null };
  const cheaper = problem.code === "step_up_required" && tier === "premium" ? "Choose a standard model." : "";
  const parts = [known.text ?? problem.detail, known.next ?? cheaper];
  return { title: known.title, text: parts.filter(Boolean).join(" "), action: known.action ?? null };
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
function record(value) {
  return typeof value === "object" && value !== null ? /** @type {Record<string, unknown>} */ (value) : {};
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function text(value) {
  return typeof value === "string" ? value : "";
}
