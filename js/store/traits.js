/**
 * What a token store of ours says about itself besides what every token store does.
 *
 * @module
 */

/**
 * @import { TokenStore } from "../index.js"
 * @import { Take } from "../locks.js"
 */

/** Under this name, which no store of the caller's has by accident. */
export const TRAITS = Symbol("traits");

/**
 * @typedef {object} Traits
 * @property {string} [place] What it is called in messages; none for the caller's own.
 * @property {string} [channel] The same for all sessions over the same store, and for no others; none where nobody shares it.
 * @property {boolean} [isTried] Whether a real write has to show first that it works.
 * @property {Take} [take] Its own way to take locks.
 * @property {() => void} [close] Lets go of what it has open; it may be used all the same afterwards.
 */

/** @typedef {TokenStore & { [TRAITS]?: Traits }} Store */

/**
 * Channels of the caller's stores that name none: one for each, so that sessions over different ones, which may serve
 * different people, hear nothing of each other.
 *
 * @type {WeakMap<object, string>}
 */
const own = new WeakMap();

/**
 * @param {Store} store
 * @returns {Traits}
 */
export function traitsOf(store) {
  if (store[TRAITS] !== undefined) return store[TRAITS];
  const channel = store.channel ?? own.get(store) ?? `own ${Math.random()} ${Math.random()}`;
  own.set(store, channel);
  return { channel };
}
