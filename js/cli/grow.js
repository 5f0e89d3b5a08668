/**
 * Asking for nodes and waiting for them, with everybody told how far it has come.
 *
 * Always: whoever presses Ctrl-C is told what becomes of the nodes, and a wait that ends early has not lost the name of its
 * request.
 *
 * @module
 */

import { progressOn } from "./progress.js";

/**
 * @import { Capacity, ScaleOptions, Session } from "../index.js"
 * @import { Interrupts } from "./interrupts.js"
 * @import { Output } from "./output.js"
 */

/**
 * Resolves once the nodes are ready, or once the order is placed where somebody interrupts the wait.
 *
 * @param {Session} session
 * @param {ScaleOptions} order
 * @param {Output} output
 * @param {Interrupts} interrupts
 * @returns {Promise<Capacity>}
 */
export async function grow(session, order, output, interrupts) {
  const progress = progressOn(output);
  const operation = session.scaleout({ ...order, onProgress: progress.show });
  const leave = () => operation.stopWaiting();
  const { signal } = interrupts;
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave);
  try {
    return await operation;
  } finally {
    signal.removeEventListener("abort", leave);
    progress.end();
  }
}
