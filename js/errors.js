/**
 * The one error of this package, and how failures of the WebAssembly module become it.
 *
 * @module
 */

/** @import { ErrorCode, ScaleProgress, StreamResult } from "./index.js" */

/** Every call that is refused or fails rejects with this; `code` says what happened. */
export class SlideRuleError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} message
   * @param {{ endpoint?: string | null, status?: number | null, retryable?: boolean, cause?: unknown }} [details]
   */
  constructor(code, message, details = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    /** @type {"SlideRuleError"} */
    this.name = "SlideRuleError";
    /** @type {ErrorCode} */
    this.code = code;
    /** @type {string | null} */
    this.endpoint = details.endpoint ?? null;
    /** @type {number | null} */
    this.status = details.status ?? null;
    /** @type {boolean} */
    this.retryable = details.retryable ?? false;
    /** @type {StreamResult | undefined} */
    this.partial = undefined;
    /** @type {ScaleProgress | undefined} */
    this.progress = undefined;
  }
}

/**
 * @param {string} message
 */
export function invalid(message) {
  return new SlideRuleError("invalid_argument", message);
}

/**
 * The error that a failure means. The module gives and throws failures as JSON text; anything else that it
 * throws is a fault of ours.
 *
 * @param {unknown} failure
 */
export function fromFailure(failure) {
  if (failure instanceof SlideRuleError) return failure;
  if (typeof failure === "string") {
    const { code, message, ...details } = JSON.parse(failure);
    return new SlideRuleError(code, message, details);
  }
  return new SlideRuleError("internal_error", "the client failed by a fault of its own; please report it", {
    cause: failure,
  });
}
