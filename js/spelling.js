/**
 * Names as the wire and Python write them.
 *
 * @module
 */

/** @param {string} name In camelCase. */
export function snakeCase(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
