/**
 * What a `using` declaration calls at the end of its block.
 *
 * @module
 */

/**
 * Where an engine has no such symbol yet, the one that esbuild's `using` asks for.
 *
 * @type {typeof Symbol.dispose}
 */
export const DISPOSE = Symbol.dispose ?? /** @type {any} */ (Symbol.for("Symbol.dispose"));
