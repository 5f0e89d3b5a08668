/**
 * One holder at a time: over all tabs and workers of an origin where the browser has locks for that, within the
 * program otherwise.
 *
 * @module
 */

/**
 * Takes the lock and keeps it until `release` resolves.
 *
 * @typedef {(name: string, release: Promise<void>, signal: AbortSignal) => Promise<void>} Take Resolves once it is held.
 */

/** @type {Map<string, Promise<void>>} */
const queues = new Map();

/** @type {Take} */
async function takeWithin(name, release, signal) {
  const before = queues.get(name) ?? Promise.resolve();
  const released = before.then(() => release);
  queues.set(name, released);
  released.then(() => {
    if (queues.get(name) === released) queues.delete(name);
  });
  await before;
  signal.throwIfAborted();
}

/** @type {Take} */
function takeAcross(name, release, signal) {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { signal }, () => {
        resolve();
        return release;
      })
      .catch(reject);
  });
}

/**
 * The way to take locks. A store that only this program sees needs no more than this program.
 *
 * @param {boolean} shared
 * @returns {Take}
 */
export function locks(shared) {
  return shared && globalThis.navigator?.locks !== undefined ? takeAcross : takeWithin;
}
