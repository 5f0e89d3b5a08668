/**
 * Tokens in IndexedDB, sealed with AES-GCM under a key that this origin can use and nobody can read.
 *
 * Always: the key is made once for all tabs and workers of the origin, and not extractable; every write has an initialization vector of its own;
 * and a sealed record opens under its own name only, so that records cannot be swapped for one another.
 *
 * @module
 */

import { Database, run } from "./database.js";
import { StoreProblem, UnreadableRecord } from "./problem.js";
import { TRAITS } from "./traits.js";

/** @import { Store } from "./traits.js" */

const PLACE = "IndexedDB";
const ALGORITHM = "AES-GCM";
const KEY_BITS = 256;
/** What AES-GCM is meant for; at random it is good for 2^32 writes, and tokens are renewed every half hour. */
const VECTOR_BYTES = 12;
/** The name of the one key. */
const KEY = "tokens";

/**
 * @returns {Store}
 */
export function encryptedStore() {
  const database = new Database("sliderule-wasm", ["keys", "records"]);
  const records = "records";
  return {
    get: (name) =>
      database.use(async (connection) => {
        const sealed = await run(connection, records, "readonly", (store) => store.get(name));
        if (sealed === undefined) return null;
        return unsealed(await keyOf(connection), name, sealed);
      }),
    set: (name, text) =>
      database.use(async (connection) => {
        const record = await sealed(await keyOf(connection), name, text);
        await run(connection, records, "readwrite", (store) => store.put(record, name));
      }),
    delete: (name) =>
      database.use(async (connection) => {
        await run(connection, records, "readwrite", (store) => store.delete(name));
      }),
    [TRAITS]: { place: PLACE, channel: PLACE, isTried: true, close: () => database.close() },
  };
}

/**
 * The key of this origin. Where two make one at once, one of them wins, and both use it.
 *
 * @param {IDBDatabase} connection
 * @returns {Promise<CryptoKey>}
 */
async function keyOf(connection) {
  const subtle = webCrypto();
  const known = await run(connection, "keys", "readonly", (store) => store.get(KEY));
  if (known !== undefined) return known;
  const made = await subtle.generateKey({ name: ALGORITHM, length: KEY_BITS }, false, ["encrypt", "decrypt"]);
  return await run(connection, "keys", "readwrite", (store, settle) => {
    const first = store.get(KEY);
    first.onsuccess = () => {
      settle(first.result ?? made);
      try {
        if (first.result === undefined) store.put(made, KEY);
      } catch {
        // Some private windows keep no keys; what is thrown here would reach the page as uncaught.
        store.transaction.abort();
      }
    };
  });
}

/**
 * @param {CryptoKey} key
 * @param {string} name
 * @param {string} text
 */
async function sealed(key, name, text) {
  const iv = crypto.getRandomValues(new Uint8Array(VECTOR_BYTES));
  const data = await webCrypto().encrypt(how(iv, name), key, bytes(text));
  return { iv, data };
}

/**
 * @param {CryptoKey} key
 * @param {string} name
 * @param {any} record
 */
async function unsealed(key, name, { iv, data }) {
  try {
    return new TextDecoder().decode(await webCrypto().decrypt(how(iv, name), key, data));
  } catch {
    throw new UnreadableRecord();
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>} iv
 * @param {string} name
 */
function how(iv, name) {
  return { name: ALGORITHM, iv, additionalData: bytes(name) };
}

/** @param {string} text */
function bytes(text) {
  return new TextEncoder().encode(text);
}

/** @returns {SubtleCrypto} */
function webCrypto() {
  /** @type {SubtleCrypto | undefined} */
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) throw new StoreProblem("there is no WebCrypto here, which takes a page loaded by https");
  return subtle;
}
