/**
 * Ending a call for one of two reasons.
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
