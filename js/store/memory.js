/**
 * Tokens in memory: gone with the program.
 *
 * @module
 */

/** @import { TokenStore } from "../index.js" */

/**
 * @returns {TokenStore}
 */
export function memoryStore() {
  /** @type {Map<string, string>} */
  const records = new Map();
  return {
    load: (key) => records.get(key) ?? null,
    save: (key, value) => void records.set(key, value),
    forget: (key) => void records.delete(key),
  };
}
