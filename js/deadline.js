/**
 * Waiting for something for so long and not longer.
 *
 * Always: time during which the machine slept, or the page was frozen, is not held against what is waited for. After
 * such a pause timers fire first, and what had long been answered would look as if it were late.
 *
 * @module
 */

/** Timers that are set for longer fire at once. */
export const LONGEST_TIMEOUT_MS = 2_147_483_647;

/**
 * Does something after a time, and once as long later where the machine slept in between.
 *
 * @param {number} milliseconds
 * @param {() => void} act
 * @returns {() => void} Prevents it.
 */
export function after(milliseconds, act) {
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const wait = (/** @type {boolean} */ mayRepeat) => {
    const began = Date.now();
    timer = setTimeout(() => {
      const slept = Date.now() - began > 2 * milliseconds;
      if (mayRepeat && slept) wait(false);
      else act();
    }, milliseconds);
  };
  wait(true);
  return () => clearTimeout(timer);
}

/**
 * The value, or an error where it does not come in time.
 *
 * @template T
 * @param {number} milliseconds
 * @param {T | PromiseLike<T>} value
 * @param {() => Error} otherwise
 * @returns {Promise<T>}
 */
export function within(milliseconds, value, otherwise) {
  return new Promise((resolve, reject) => {
    const stop = after(milliseconds, () => reject(otherwise()));
    Promise.resolve(value).then(resolve, reject).finally(stop);
  });
}
