/**
 * Tokens in memory: gone with the program.
 *
 * @module
 */

import { TRAITS } from "./traits.js";

/** @import { Store } from "./traits.js" */

/**
 * @returns {Store}
 */
export function memoryStore() {
  /** @type {Map<string, string>} */
  const records = new Map();
  return Object.assign(records, { [TRAITS]: { place: "memory" } });
}
