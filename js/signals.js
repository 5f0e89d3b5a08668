/**
 * Ending what is waited for when somebody aborts it.
 *
 * @module
 */

/**
 * Calls the function when the signal is aborted, at once where it has been.
 *
 * @param {AbortSignal | undefined} signal
 * @param {() => void} act
 * @returns {() => void} Ends the watch.
 */
export function onAbort(signal, act) {
  if (signal?.aborted) act();
  signal?.addEventListener("abort", act);
  return () => signal?.removeEventListener("abort", act);
}

/**
 * A signal that follows both. `AbortSignal.any` takes only the platform's own signals, and callers may have others.
 *
 * @param {AbortSignal | undefined} theirs
 * @param {AbortSignal} ours
 */
export function either(theirs, ours) {
  const controller = new AbortController();
  const unties = [theirs, ours].map((each) => onAbort(each, () => controller.abort(each?.reason)));
  const untie = () => {
    for (const each of unties) each();
  };
  return { signal: controller.signal, untie };
}

/**
 * What the promise gives, or the signal's reason where it is aborted before.
 *
 * @template T
 * @param {PromiseLike<T>} promise
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<T>}
 */
export function unlessAborted(promise, signal) {
  return new Promise((resolve, reject) => {
    const untie = onAbort(signal, () => reject(signal?.reason));
    Promise.resolve(promise).then(resolve, reject).finally(untie);
  });
}
