/**
 * Ending what is waited for when somebody aborts it.
 *
 * @module
 */

/**
 * A signal that follows both. `AbortSignal.any` takes only the platform's own signals, and callers may have others.
 *
 * @param {AbortSignal | undefined} theirs
 * @param {AbortSignal} ours
 */
export function either(theirs, ours) {
  const controller = new AbortController();
  const signals = theirs === undefined ? [ours] : [theirs, ours];
  const follow = () => controller.abort(signals.find((each) => each.aborted)?.reason);
  if (theirs?.aborted) follow();
  for (const each of signals) each.addEventListener("abort", follow);
  const untie = () => {
    for (const each of signals) each.removeEventListener("abort", follow);
  };
  return { signal: controller.signal, untie };
}

/**
 * What the promise gives, or the signal's reason where it is aborted before.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<T>}
 */
export function unlessAborted(promise, signal) {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
