/**
 * Calling what callers pass in.
 *
 * @module
 */

/**
 * Calls a caller's function. What it throws is reported as uncaught, since it is no fault of the call that
 * is under way, and must not stop it.
 *
 * @template T
 * @param {((value: T) => void) | undefined} callback
 * @param {T} value
 */
export function notify(callback, value) {
  try {
    callback?.(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
