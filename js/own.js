/**
 * Properties whose names a server chose.
 *
 * @module
 */

/**
 * Sets an own property, so that no such name can reach a prototype. Plain assignment is what engines do fastest; this one
 * name it would lose.
 *
 * @param {Record<string, any>} object
 * @param {string} name
 * @param {unknown} value
 */
export function set(object, name, value) {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[name] = value;
  }
}
