/**
 * Waiting, so that nothing else has to.
 *
 * @module
 */

/** How long decoding may hold up everything else in a page, in milliseconds; half a frame. */
const SLICE_MS = 4;
/** How long rows wait for more of their batch before they are handed over, in milliseconds. */
const LINGER_MS = 10;

/** Lets other work in between: a body that has arrived already would otherwise be decoded in one go. */
export class Pace {
  #began = performance.now();

  isOver() {
    return performance.now() - this.#began > SLICE_MS;
  }

  /** Waits for a turn of the event loop. A message takes none of the delay that timers have in pages. */
  async rest() {
    const { port1, port2 } = new MessageChannel();
    await new Promise((resolve) => {
      port1.onmessage = resolve;
      port2.postMessage(undefined);
    });
    port1.close();
    this.#began = performance.now();
  }
}

/**
 * Whether a promise settles within a moment.
 *
 * @param {Promise<unknown>} promise
 * @returns {Promise<boolean>}
 */
export function soon(promise) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), LINGER_MS);
    const settle = () => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(settle, settle);
  });
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<T>}
 */
export function unlessAborted(promise, signal) {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
