/**
 * The one error of this package, and how failures of the WebAssembly module become it.
 *
 * @module
 */

/** @import { ErrorCode, ScaleProgress, StreamResult } from "./index.js" */

/** What errors of all copies of this package carry, so that one entry knows those of another. */
const BRAND = /* @__PURE__ */ Symbol.for("sliderule-wasm.SlideRuleError");

/** Every call that is refused or fails rejects with this; `code` says what happened. */
export class SlideRuleError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} message
   * @param {{ endpoint?: string | null, status?: number | null, retryable?: boolean, cause?: unknown }} [details]
   */
  constructor(code, message, details = {}) {
    super(message, details);
    Object.defineProperty(this, BRAND, { value: true });
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

  /**
   * Errors are ours whichever copy of the package made them: several entries may be in one program.
   *
   * @param {unknown} value
   * @returns {value is SlideRuleError}
   * @override
   */
  static [Symbol.hasInstance](value) {
    // biome-ignore-start lint/complexity/noThisInStatic: for a class of the caller's that extends this one, `this` is that.
    return this === SlideRuleError
      ? typeof value === "object" && value !== null && BRAND in value
      : Function.prototype[Symbol.hasInstance].call(this, value);
    // biome-ignore-end lint/complexity/noThisInStatic: see above.
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
