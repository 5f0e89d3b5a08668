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
 * @import { Environment } from "../entry.js"
 * @import { Store } from "./traits.js"
 */

/** @type {Record<string, () => Store>} */
const KINDS = {
  memory: memoryStore,
  session: () => webStorageStore("sessionStorage"),
  local: () => webStorageStore("localStorage"),
  indexedDB: encryptedStore,
};

/**
 * What is wrong with an option `store`, if something is.
 *
 * @param {unknown} wanted
 * @param {Environment} [environment]
 */
export function storeProblem(wanted, environment) {
  const kinds = { ...KINDS, ...environment?.stores };
  if (typeof wanted === "string" && Object.hasOwn(kinds, wanted)) return undefined;
  if (wanted === "file") return 'can be "file" with the entry sliderule-wasm/node only';
  const isStore = ["get", "set", "delete"].every((name) => typeof (/** @type {any} */ (wanted)?.[name]) === "function");
  const names = Object.keys(kinds)
    .map((name) => `"${name}"`)
    .join(", ");
  const { channel } = /** @type {{ channel?: unknown }} */ (wanted ?? {});
  if (isStore && channel !== undefined && typeof channel !== "string") return "must have text as its channel, or none";
  return isStore ? undefined : `must be ${names}, or an object with get, set and delete`;
}

/**
 * The store that is wanted; where none is named, the tab's own in pages, and memory elsewhere.
 *
 * @param {SessionOptions["store"]} wanted
 * @param {Environment} environment
 * @returns {Store}
 */
export function storeFor(wanted, { stores }) {
  if (typeof wanted === "object") return wanted;
  // Node has a sessionStorage too by now, which no reload ever reads.
  const usual = globalThis.document === undefined ? "memory" : "session";
  const name = wanted ?? usual;
  return (stores?.[name] ?? KINDS[name] ?? memoryStore)();
}
