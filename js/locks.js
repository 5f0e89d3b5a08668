/**
 * One holder at a time: over all tabs and workers of an origin where the browser has locks for that, within the
 * program otherwise.
 *
 * Always: whoever waits for a lock waits for a bounded time and then goes on without it, and in doing so neither holds up
 * nor overtakes the others that wait. A lock saves requests; it is not what keeps tokens right.
 *
 * @module
 */

import { within } from "./deadline.js";
import { unlessAborted } from "./signals.js";

/**
 * Takes a lock and keeps it until `released` resolves; where the signal aborts before it is held, it is not wanted.
 *
 * @typedef {(name: string, released: Promise<void>, signal: AbortSignal) => Promise<void>} Take Resolves once it is held.
 */

/** How long a lock is waited for. */
const PATIENCE_MS = 5000;

/** @type {Map<string, Promise<void>>} */
const queues = new Map();

/** @type {Take} */
export async function takeWithin(name, released, signal) {
  const before = queues.get(name) ?? Promise.resolve();
  const left = new Promise((/** @type {(value?: undefined) => void} */ leave) => {
    signal.addEventListener("abort", () => leave(), { once: true });
  });
  const free = before.then(() => Promise.race([released, left]));
  queues.set(name, free);
  free.then(() => {
    if (queues.get(name) === free) queues.delete(name);
  });
  await before;
  signal.throwIfAborted();
}

/** @type {Take} */
function takeAcross(name, released, signal) {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { signal }, () => {
        resolve();
        return released;
      })
      .catch(reject);
  });
}

/** @type {Take} */
async function takeAcrossOrWithin(name, released, signal) {
  try {
    await takeAcross(name, released, signal);
  } catch {
    // A page that may not have locks of the browser's, such as a sandboxed frame, shares its store with nobody.
    if (!signal.aborted) await takeWithin(name, released, signal);
  }
}

/**
 * The same for a bounded time, after which it is as if the lock were held. So it is where locks cannot be had at all.
 *
 * @param {Take} take
 * @returns {Take}
 */
export function patiently(take) {
  return async (name, released, signal) => {
    const unwanted = new AbortController();
    try {
      const held = unlessAborted(take(name, released, unwanted.signal), signal);
      await within(PATIENCE_MS, held, () => new Error("late"));
    } catch {
      unwanted.abort();
      signal.throwIfAborted();
    }
  };
}

/**
 * The way to take locks. A store that only this program sees needs no more than this program.
 *
 * @param {boolean} shared
 * @returns {Take}
 */
export function locks(shared) {
  return patiently(shared && globalThis.navigator?.locks !== undefined ? takeAcrossOrWithin : takeWithin);
}
