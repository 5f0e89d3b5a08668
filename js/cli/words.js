/**
 * Numbers as people read them.
 *
 * @module
 */

/** @param {number} microUsd */
export function dollars(microUsd) {
  const amount = (Math.abs(microUsd) / 1e6).toFixed(2);
  return `${microUsd < 0 ? "-" : ""}$${amount}`;
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
