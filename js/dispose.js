/**
 * What a `using` declaration ends.
 *
 * @module
 */

class Ended {
  /** @param {string} method What the end of a `using` block calls; it may be called at any time, and more than once. */
  constructor(method) {
    // Where an engine has no such symbol yet, the one that esbuild's `using` asks for. On the object and not on its class: a
    // class with a name that is only known when it runs is one that bundlers cannot leave out.
    Object.defineProperty(this, Symbol.dispose ?? Symbol.for("Symbol.dispose"), {
      value: () => /** @type {any} */ (this)[method](),
      configurable: true,
    });
  }
}

/** The class of such things. */
export const Disposing = /** @type {new (method: string) => Disposable} */ (/** @type {unknown} */ (Ended));
