/**
 * Tokens in the tab's sessionStorage: they survive a reload, and end with the tab.
 *
 * @module
 */

/** @import { TokenStore } from "../index.js" */

/**
 * The store, or nothing where there is no sessionStorage, as in workers and in Node.
 *
 * Throws where the browser forbids it.
 *
 * @returns {TokenStore | undefined}
 */
export function sessionStorageStore() {
  const storage = globalThis.sessionStorage;
  if (storage === undefined) return undefined;
  return {
    load: (key) => storage.getItem(key),
    save: (key, value) => storage.setItem(key, value),
    forget: (key) => storage.removeItem(key),
  };
}
