/**
 * The token stores that have names.
 *
 * @module
 */

import { encryptedStore } from "./encrypted.js";
import { memoryStore } from "./memory.js";
import { webStorageStore } from "./web-storage.js";

/**
 * @import { SessionOptions } from "../index.js"
 * @import { Store } from "./traits.js"
 */

/** @type {Map<unknown, () => Store>} */
const kinds = new Map([
  ["memory", memoryStore],
  ["session", () => webStorageStore("sessionStorage")],
  ["local", () => webStorageStore("localStorage")],
  ["indexedDB", encryptedStore],
]);

/**
 * Adds a kind that only some entries of the package have.
 *
 * @param {string} name
 * @param {() => Store} make
 */
export function offerStore(name, make) {
  kinds.set(name, make);
}

/**
 * What is wrong with an option `store`, if something is.
 *
 * @param {unknown} wanted
 */
export function storeProblem(wanted) {
  if (kinds.has(wanted)) return undefined;
  if (wanted === "file") return 'can be "file" with the entry sliderule-wasm/node only';
  const isStore = ["get", "set", "delete"].every((name) => typeof (/** @type {any} */ (wanted)?.[name]) === "function");
  const names = [...kinds.keys()].map((name) => `"${name}"`).join(", ");
  const { channel } = /** @type {{ channel?: unknown }} */ (wanted ?? {});
  if (isStore && channel !== undefined && typeof channel !== "string") return "must have text as its channel, or none";
  return isStore ? undefined : `must be ${names}, or an object with get, set and delete`;
}

/**
 * The store that is wanted; where none is named, the tab's own in pages, and memory elsewhere.
 *
 * @param {SessionOptions["store"]} wanted
 * @returns {Store}
 */
export function storeFor(wanted) {
  if (typeof wanted === "object") return wanted;
  // Node has a sessionStorage too by now, which no reload ever reads.
  const usual = globalThis.document === undefined ? "memory" : "session";
  return (kinds.get(wanted ?? usual) ?? memoryStore)();
}
