// @ts-check

/** Instructions that make no session, or that end one. */
export class InstructionsError extends Error {
  /** @param {string} code Chromium's name for it: a `fetchResult` of its DevTools protocol, such as `MissingScope` */
  constructor(code) {
    super(code);
    this.name = "InstructionsError";
    this.code = code;
  }
}

/**
 * @param {unknown} condition
 * @param {string} code
 * @returns {asserts condition}
 * @throws {InstructionsError} where the condition does not hold
 */
export function demand(condition, code) {
  if (!condition) throw new InstructionsError(code);
}
