/**
 * Asking for nodes and waiting for them, with everybody told how far it has come.
 *
 * Always: whoever presses Ctrl-C is told what becomes of the nodes, and a wait that ends early has not lost the name of its
 * request.
 *
 * @module
 */

import { SlideRuleError } from "../errors.js";
import { progressOn } from "./progress.js";

/**
 * @import { Capacity, ScaleOptions, Session } from "../index.js"
 * @import { ScaleOperation } from "../scale-operation.js"
 * @import { Interrupts } from "./interrupts.js"
 * @import { Output } from "./output.js"
 */

/**
 * @typedef {object} Grown How a wait ended.
 * @property {Capacity | undefined} granted What was granted, with the nodes that were ready last; nothing where it is not known
 *   that anything was.
 * @property {unknown} [failure] Why the wait failed, if it did.
 */

/**
 * Resolves once the nodes are ready, once the order is placed where somebody interrupts the wait, or with why it failed.
 *
 * @param {Session} session
 * @param {ScaleOptions} order
 * @param {Output} output
 * @param {Interrupts} interrupts
 * @returns {Promise<Grown>}
 */
export async function grow(session, order, output, interrupts) {
  const progress = progressOn(output);
  const started = session.scaleout({ ...order, onProgress: progress.show });
  const operation = /** @type {ScaleOperation} */ (started);
  const leave = () => operation.stopWaiting();
  const { signal } = interrupts;
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave);
  try {
    return { granted: await operation };
  } catch (error) {
    const { granted } = operation;
    return { granted, failure: isLate(error) ? late(error, granted !== undefined, order) : error };
  } finally {
    signal.removeEventListener("abort", leave);
    progress.end();
  }
}

/**
 * @param {unknown} error
 * @returns {error is SlideRuleError}
 */
function isLate(error) {
  return error instanceof SlideRuleError && error.code === "scale_timeout";
}

/**
 * The same in words of the command line: the library's name its functions, and say that the request stands, which is for each
 * command to say.
 *
 * @param {SlideRuleError} error
 * @param {boolean} isPlaced
 * @param {ScaleOptions} order
 */
function late(error, isPlaced, { timeoutMs, timeToLive = 0 }) {
  const after = `${timeoutMs === undefined ? timeToLive * 60 : timeoutMs / 1000} s`;
  const { nodes, wanted, message: heard } = error.progress ?? { nodes: 0, wanted: 0, message: null };
  const message = isPlaced
    ? `${nodes} of ${wanted} nodes were ready after ${after}${heard ? ` (last heard: ${heard})` : ""}`
    : `the order was not answered within ${after}`;
  const { code, endpoint, status, retryable } = error;
  return new SlideRuleError(code, message, { endpoint, status, retryable, cause: error });
}
