/**
 * Objects that a `using` declaration ends.
 *
 * @module
 */

/** What esbuild's `using` asks for where an engine has no symbol of its own yet. */
const DISPOSE = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/**
 * Lets the end of a `using` block call a method that may be called at any time, and more than once.
 *
 * @param {{ prototype: any }} kind
 * @param {string} method
 */
export function disposable({ prototype }, method) {
  Object.defineProperty(prototype, DISPOSE, {
    value() {
      this[method]();
    },
    configurable: true,
    writable: true,
  });
}
