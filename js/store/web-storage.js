/**
 * Tokens in the browser's storage of texts. `sessionStorage` belongs to one tab: it survives a reload, and ends with the tab.
 * `localStorage` belongs to all tabs of an origin, and stays.
 *
 * @module
 */

import { StoreProblem } from "./problem.js";
import { TRAITS } from "./traits.js";

/** @import { Store } from "./traits.js" */

/**
 * @param {"sessionStorage" | "localStorage"} place
 * @returns {Store}
 */
export function webStorageStore(place) {
  // Only to look for it throws, where the browser forbids it.
  const storage = () => {
    /** @type {Storage | null | undefined} */
    const found = globalThis[place];
    if (found === undefined || found === null) throw new StoreProblem(`there is no ${place} here`);
    return found;
  };
  return {
    get: (key) => storage().getItem(key),
    set: (key, value) => storage().setItem(key, value),
    delete: (key) => storage().removeItem(key),
    [TRAITS]: { place, channel: place, isTried: true },
  };
}
