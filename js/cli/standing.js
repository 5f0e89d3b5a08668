/**
 * What is said of nodes that stay asked for after a command has ended.
 *
 * @module
 */

import { SlideRuleError } from "../errors.js";

/**
 * @import { Capacity } from "../index.js"
 * @import { Place } from "./connect.js"
 */

/** A wait failed, and its request stands: with the name of the request, for scripts. */
export class StillAskedFor extends SlideRuleError {
  /**
   * @param {SlideRuleError} failure
   * @param {Capacity} granted
   * @param {Place} place
   */
  constructor(failure, granted, place) {
    const { code, message, endpoint, status, retryable } = failure;
    super(code, `${message}. ${standing(granted, place)}`, { endpoint, status, retryable, cause: failure });
    this.requestId = granted.requestId;
    this.expiresAt = granted.expiresAt;
  }
}

/**
 * Until when they stand, and how to give them back.
 *
 * @param {Capacity} capacity
 * @param {Place} place
 */
export function standing({ requestId, expiresAt }, { organization }) {
  const until = expiresAt === null ? "" : ` until ${expiresAt.toISOString()}`;
  const which = requestId === null ? "" : ` ${requestId}`;
  return `The nodes stay asked for${until}. To give them back: sliderule-wasm release${which} -o ${organization}`;
}

/**
 * How to find out, where an order was sent and never answered.
 *
 * @param {SlideRuleError} failure
 * @param {Place} place
 */
export function maybeAskedFor({ code, message, endpoint, status, retryable }, { organization }) {
  const see = `To see: sliderule-wasm status -o ${organization}`;
  const release = `To give nodes back: sliderule-wasm release -o ${organization}`;
  return new SlideRuleError(code, `${message}, and may stand. ${see}. ${release}`, { endpoint, status, retryable });
}
