/**
 * The token stores that have names.
 *
 * @module
 */

import { hasMethods, unless } from "../checks.js";
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
  if (!hasMethods(wanted, "get set delete")) {
    const names = Object.keys(kinds).map((name) => `"${name}"`);
    return `must be ${names.join(", ")}, or an object with get, set and delete`;
  }
  const { channel } = /** @type {{ channel?: unknown }} */ (wanted);
  return unless(channel === undefined || typeof channel === "string", "must have text as its channel, or none");
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
