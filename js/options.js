/**
 * Reading options: both spellings, nothing unknown, and every value checked before anything is sent.
 *
 * @module
 */

import { invalid } from "./errors.js";

/** @import { Environment } from "./entry.js" */

/**
 * @callback Check Says what is wrong with a value, or nothing.
 * @param {unknown} value
 * @param {Environment} [environment] Of the entry that was asked, where that makes a difference.
 * @returns {string | undefined}
 */

/**
 * @typedef {object} Option
 * @property {Check} check
 * @property {string[]} [aliases] Further spellings of the same option.
 * @property {boolean} [nullable] Whether null is a value; otherwise it means that the option is not given.
 */

/**
 * The options that are given, by their camelCase names.
 *
 * @param {string} of What the options belong to, for messages.
 * @param {unknown} given
 * @param {Record<string, Option>} known
 * @param {Environment} [environment]
 * @returns {any}
 */
export function readOptions(of, given, known, environment) {
  if (given === undefined || given === null) return {};
  if (typeof given !== "object" || Array.isArray(given)) throw invalid(`${of}: options must be an object`);
  const names = new Map(
    Object.entries(known).flatMap(([name, { aliases = [] }]) => [name, ...aliases].map((text) => [text, name])),
  );
  /** @type {Record<string, unknown>} */
  const read = {};
  for (const [text, value] of Object.entries(given)) {
    const name = names.get(text);
    if (name === undefined) {
      throw invalid(`${of}: there is no option \`${text}\`; there are ${Object.keys(known).join(", ")}`);
    }
    const option = known[name];
    if (option === undefined || value === undefined || (value === null && !option.nullable)) continue;
    if (name in read && read[name] !== value) {
      throw invalid(`${of}: \`${name}\` is given in two spellings with different values`);
    }
    const problem = value === null ? undefined : option.check(value, environment);
    if (problem !== undefined) throw invalid(`${of}: \`${text}\` ${problem}`);
    read[name] = value;
  }
  return read;
}

/** @type {Check} */
export const text = (value) => (typeof value === "string" ? undefined : "must be text");

/** @type {Check} */
export const flag = (value) => (typeof value === "boolean" ? undefined : "must be true or false");

/** @type {Check} */
export const callback = (value) => (typeof value === "function" ? undefined : "must be a function");

/** @type {Check} */
export const object = (value) => (typeof value === "object" ? undefined : "must be an object");

/** @type {Check} */
export const texts = (value) =>
  Array.isArray(value) && value.every((each) => typeof each === "string") ? undefined : "must be a list of texts";

/** @type {Check} */
export const abortSignal = (value) =>
  typeof value === "object" &&
  value !== null &&
  "aborted" in value &&
  "reason" in value &&
  ["throwIfAborted", "addEventListener", "removeEventListener"].every(
    (method) => typeof (/** @type {any} */ (value)[method]) === "function",
  )
    ? undefined
    : "must be an AbortSignal";

/**
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 */
const wholeNumber = (value, least, most) =>
  Number.isInteger(value) && Number(value) >= least && Number(value) <= most
    ? undefined
    : `must be a whole number from ${least} to ${most}`;

/**
 * Nodes: more than any cluster has, less than any overflow.
 *
 * @type {Check}
 */
export const nodes = (value) => wholeNumber(value, 0, 100_000);

/**
 * Minutes, up to a year.
 *
 * @type {Check}
 */
export const minutes = (value) => wholeNumber(value, 1, 525_600);

/**
 * Milliseconds, as far as timers of browsers reach.
 *
 * @type {Check}
 */
export const milliseconds = (value) => wholeNumber(value, 1, 2_147_483_647);
